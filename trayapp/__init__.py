"""Today's coding time in the system tray.

The rooms, and what each may import beside errors; import-linter checks it:

    coding/    the domain, pure: numbers, days, states, pacing, the JSON      nothing of ours
    settings/  config.toml, ~/.wakatime.cfg, accounts, keys, locations        coding
    servers/   one HTTP client, what differs between dialects, every          coding
               endpoint, decoding
    watching/  a person's saves among all that writes files; inotify/ in it   coding
               stands alone, native_*.py are for macOS and Windows
    delivery/  the queue on disk, and the sender that empties it              servers, coding
    desktop/   the session bus (notifications, light or dark), waking, idle   coding
               time, the folder dialog, the control channel, the instance
               lock, the browser, start at login, the desktop's files
    resident/  the running app without a face: asks, keeps, watches,          all of the above
               publishes Status
    tray/      icon, menu, backends; statusnotifier/ in it stands alone       resident, desktop,
                                                                              coding
    cli/       the command line; cli/run.py joins the parts                   everything
    errors.py  the error tree                                                 nothing
    late_log.py  logging, imported when there is something to log             nothing

Saves flow from watching/ through the resident to delivery/ and the servers, Status from the
resident to the faces; what a person asks for goes back through the resident's methods. `trayapp
--version` and `trayapp today --cached` never get further than cli/ and the formats of coding/.
"""

__version__ = "0.1.0"
