"""The options of `watch`, `heartbeat`, `queue` and `folders`."""

from __future__ import annotations

import argparse
import os

from trayapp.cli.parser import Commands, add_command
from trayapp.errors import UsageError


def add_saving_commands(commands: Commands) -> None:
    """Add the commands that make, keep and send heartbeats."""
    _add_watch(commands)
    _add_heartbeat(commands)
    _add_queue(commands)
    _add_folders(commands)


def _add_watch(commands: Commands) -> None:
    watch = add_command(
        commands,
        "watch",
        _watch,
        "watch folders for a person's saves, and send a heartbeat for each",
        "It needs no desktop, goes on until Ctrl+C or SIGTERM, and follows config.toml meanwhile.\n"
        "A folder that another trayapp watches is left to that one until it ends.\n\n"
        "examples:\n  trayapp watch\n  trayapp watch ~/code\n"
        "  trayapp watch --dry-run --explain .",
    )
    watch.add_argument("folders", metavar="DIR", nargs="*", help="(default: those of config.toml)")
    watch.add_argument(
        "--dry-run", action="store_true", help="print heartbeats as JSON lines, store and send none"
    )
    watch.add_argument(
        "--explain", action="store_true", help="say of every written file why it counts or not"
    )


def _add_heartbeat(commands: Commands) -> None:
    parser = add_command(
        commands,
        "heartbeat",
        _heartbeat,
        "record a heartbeat from a script",
        "It returns once the heartbeat is on disk; the running trayapp sends it. What is not\n"
        "given is found out as for a save. With --extra a JSON array is read from standard\n"
        "input, in the form of wakatime-cli's --extra-heartbeats. Where one of several is wrong\n"
        "none is recorded.\n\n"
        "examples:\n  trayapp heartbeat --entity ~/code/app/main.py --write\n"
        "  trayapp heartbeat --entity Blender --type app --category designing --project film",
    )
    parser.add_argument("--entity", metavar="PATH", help="a file, or an app's or a domain's name")
    parser.add_argument("--type", choices=("file", "app", "domain"), help="(default: file)")
    parser.add_argument("--time", metavar="T", help="in seconds since 1970 (default: now)")
    parser.add_argument("--project", metavar="P", help="(default: found out)")
    parser.add_argument("--branch", metavar="B", help="(default: found out)")
    parser.add_argument("--language", metavar="L", help="(default: found out)")
    parser.add_argument("--category", metavar="C", help="(default: coding)")
    parser.add_argument("--write", action="store_true", help="the file was saved")
    parser.add_argument("--extra", action="store_true", help="read more from standard input")
    parser.add_argument("--send", action="store_true", help="send all that waits, at once")


def _add_queue(commands: Commands) -> None:
    parser = add_command(
        commands,
        "queue",
        _queue,
        "say what waits to be sent, send it, and see to what was refused",
        "list says of each account what waits and was sent, and which heartbeats its server\n"
        "refused for good, each with an ID: retry sends these again, drop gives them up. forget\n"
        "erases from this machine what is kept of heartbeats that every account has. What was\n"
        "recorded while there was no account waits for send --local or drop --local.\n\n"
        "examples:\n  trayapp queue\n  trayapp queue --json\n  trayapp queue send\n"
        "  trayapp queue retry --all\n  trayapp queue drop --all\n  trayapp queue forget --yes",
    )
    actions = ("list", "send", "retry", "drop", "forget")
    parser.add_argument("action", choices=actions, nargs="?", default="list")
    parser.add_argument("ids", metavar="ID", type=int, nargs="*", help="for retry and drop")
    parser.add_argument("--all", action="store_true", help="retry, drop: every one")
    parser.add_argument(
        "--local",
        action="store_true",
        help="send: also what was recorded without an account; drop: only that",
    )
    parser.add_argument("--yes", action="store_true", help="forget, drop --local: without asking")
    parser.add_argument("--json", action="store_true", help="list: as one JSON object")


def _add_folders(commands: Commands) -> None:
    folders = add_command(
        commands,
        "folders",
        _folders,
        "say which folders are watched, and add or remove some",
        "list says of each folder what is watched, and what is left out and why. A running\n"
        "trayapp notices what is added and removed.\n\n"
        "examples:\n  trayapp folders list\n  trayapp folders add ~/code\n"
        "  trayapp folders remove ~/code",
    )
    folders.add_argument("action", choices=("list", "add", "remove"), nargs="?", default="list")
    folders.add_argument("folders", metavar="DIR", nargs="*", help="(list: default all)")


def _watch(options: argparse.Namespace) -> int:
    from trayapp.cli import watch  # noqa: PLC0415

    return watch.run(
        os.environ, folders=options.folders, dry_run=options.dry_run, explain=options.explain
    )


def _heartbeat(options: argparse.Namespace) -> int:
    from trayapp.cli import heartbeat  # noqa: PLC0415

    return heartbeat.run(os.environ, vars(options))


def _queue(options: argparse.Namespace) -> int:
    from trayapp.cli import local_history, queue  # noqa: PLC0415

    if options.local:
        if options.action not in ("send", "drop") or options.ids or options.all:
            raise UsageError("--local is for send and drop alone", "See: trayapp queue --help")
        if options.action == "send":
            return local_history.send(os.environ)
        return local_history.drop(os.environ, yes=options.yes)
    if options.action not in ("retry", "drop") and (options.ids or options.all):
        raise UsageError("IDs are for retry and drop", "See: trayapp queue --help")
    if options.action == "list":
        return queue.show(os.environ, as_json=options.json)
    if options.action == "send":
        return queue.send(os.environ)
    if options.action == "forget":
        return queue.forget(os.environ, yes=options.yes)
    if options.all == bool(options.ids):
        hint = f"Example: trayapp queue {options.action} --all"
        raise UsageError("Name some by their ID, or --all", hint)
    change = queue.retry if options.action == "retry" else queue.drop
    return change(os.environ, None if options.all else options.ids)


def _folders(options: argparse.Namespace) -> int:
    from trayapp.cli import folders  # noqa: PLC0415

    actions = {"list": folders.show, "add": folders.add, "remove": folders.remove}
    if options.action != "list" and not options.folders:
        raise UsageError("No folder was named", f"Example: trayapp folders {options.action} ~/code")
    return actions[options.action](os.environ, options.folders)
