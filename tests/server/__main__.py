"""Run a test server by hand until Ctrl+C."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.server import DIALECTS, Server, misbehaviours, mishandling

EXIT_PORT_TAKEN = 1
EXIT_INTERRUPTED = 130
MISBEHAVIOURS = {**misbehaviours.NAMED, **mishandling.NAMED}


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; give the exit code."""
    options = _parser().parse_args(arguments)
    server = Server(
        options.dialect,
        key=options.key,
        timezone=options.timezone,
        port=options.port,
        log=lambda line: _say(f"{time.strftime('%H:%M:%S')} {line}"),
    )
    server.today(
        total_seconds=options.seconds,
        goal_seconds=options.goal,
        cold=options.cold,
        counted=options.counted,
        languages={"Python": options.seconds},
        projects={"engine": options.seconds},
    )
    if options.misbehave is not None:
        server.misbehave(MISBEHAVIOURS[options.misbehave])
    try:
        server.start()
        _say(_welcome(server))
        threading.Event().wait()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        sys.stderr.write(f"Cannot listen on port {options.port}: {error.strerror}\n")
        return EXIT_PORT_TAKEN
    finally:
        server.stop()
    return 0


def _welcome(server: Server) -> str:
    return (
        f"api_url {server.api_url}\n"
        f"key     {server.key}\n\n"
        "As .wakatime.cfg, best in a folder of its own that WAKATIME_HOME names:\n\n"
        f"[settings]\napi_url = {server.api_url}\napi_key = {server.key}\n\n"
        "Ctrl+C ends it. Each line below is one request (# counts connections)."
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise argparse.ArgumentTypeError(f"there is no zone {name!r}") from error
    return name


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, MISBEHAVIOURS))
    names = "\n".join(
        f"  {name:{width}}  {misbehaviour.summary}" for name, misbehaviour in MISBEHAVIOURS.items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m tests.server",
        description="A test server on 127.0.0.1 for trying trayapp by hand.",
        epilog=f"what --misbehave knows:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--dialect", choices=DIALECTS, default="hackatime", help="default: hackatime")
    add("--port", type=int, default=0, metavar="N", help="default: one that is free")
    add("--key", metavar="KEY", help="the key to accept; default: a new one")
    add("--seconds", type=float, default=7500, metavar="N", help="today's total; default: 7500")
    add("--counted", action="store_true", help="today's total is that of what was sent to it")
    add("--goal", type=int, metavar="N", help="a daily goal in seconds, for hackatime")
    add("--timezone", type=_zone, default="UTC", metavar="Z", help="the profile's; default: UTC")
    add("--cold", action="store_true", help="wakatime's answer while its cache is empty")
    add("--misbehave", choices=MISBEHAVIOURS, metavar="NAME", help="one of those below")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
