"""What `trayapp today` costs beside the shortest httpx script that asks the same, in turns.

    python -m tests.benchmarks.today [ROUNDS]

The server is in this process, speaks plain http on loopback and answers at once. Each run is a
whole process with one GET of `statusbar/today`; the zone, which trayapp asks for once a day, it has
from a run before. The quickest script leaves out what plain http and a tidy file can do without:
httpx.get reads the certificates, and configparser is a large module.

Where click is installed, as by development tools, httpx imports it with rich for a command line of
its own: that would add the same third to all of them. Here it is hidden, as where only trayapp is
installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks.whole_processes import LIMIT, ratios, run_once
from tests.desktop.bus import PrivateBus
from tests.server import Server
from tests.settings.secret_services import GnomeKeyring

ROUNDS = 40

TARGET = "at most 1.5 x the shortest script"
"""What was promised of a key from ~/.wakatime.cfg; this program prints and does not judge."""

SHORTEST = "the shortest httpx script"
QUICKEST = "the quickest httpx script"
FROM_CFG = "trayapp today, ~/.wakatime.cfg"
FROM_KEYRING = "trayapp today, gnome-keyring"

SCRIPTS = {
    SHORTEST: """\
import base64
import configparser
import os

import httpx

config = configparser.ConfigParser()
config.read(os.path.expanduser("~/.wakatime.cfg"))
settings = config["settings"]
key = base64.b64encode(settings["api_key"].encode()).decode()
url = settings["api_url"] + "/users/current/statusbar/today"
answer = httpx.get(url, headers={"Authorization": f"Basic {key}"})
print(answer.json()["data"]["grand_total"]["total_seconds"])
""",
    QUICKEST: """\
import base64
import os

import httpx

with open(os.path.expanduser("~/.wakatime.cfg")) as file:
    settings = dict(line.strip().split(" = ") for line in file if " = " in line)
key = base64.b64encode(settings["api_key"].encode()).decode()
url = settings["api_url"] + "/users/current/statusbar/today"
headers = {"Authorization": f"Basic {key}"}
answer = httpx.get(url, headers=headers, verify=False, trust_env=False)
print(answer.json()["data"]["grand_total"]["total_seconds"])
""",
}

TRAYAPP = str(Path(sys.executable).with_name("trayapp"))


def make_commands(
    folder: Path, server: Server, keyring: str | None
) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Give what is measured: commands, each with its environment.

    `keyring` is the address of the bus that one is on.
    """
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / "click.py").write_text("raise ImportError\n")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(hidden)}
    with_cfg = {**environment, "HOME": str(folder / "cfg")}
    (folder / "cfg").mkdir()
    (folder / "cfg" / ".wakatime.cfg").write_text(
        f"[settings]\napi_url = {server.api_url}\napi_key = {server.key}\n"
    )
    commands = {}
    for name, text in SCRIPTS.items():
        script = folder / f"{name.split()[1]}.py"
        script.write_text(text)
        commands[name] = ([sys.executable, str(script)], with_cfg)
    commands[FROM_CFG] = ([TRAYAPP, "today"], with_cfg)
    if keyring is not None:
        home = str(folder / "keyring")
        signed_in = {**environment, "HOME": home, "DBUS_SESSION_BUS_ADDRESS": keyring}
        subprocess.run(
            [TRAYAPP, "login", "--api-url", server.api_url],
            env=signed_in,
            input=server.key.encode(),
            check=True,
            capture_output=True,
            timeout=LIMIT,
        )
        commands[FROM_KEYRING] = ([TRAYAPP, "today"], signed_in)
    return commands


@contextmanager
def keyring(folder: Path) -> Iterator[str | None]:
    """Start a real keyring on a bus of its own, and give that bus's address; None without one."""
    if not all(map(shutil.which, ("dbus-daemon", "gnome-keyring-daemon"))):
        yield None
        return
    with ExitStack() as parts:
        (folder / "bus").mkdir()
        (folder / "keyring").mkdir()
        bus = PrivateBus(folder / "bus")
        bus.start()
        parts.callback(bus.stop)
        daemon = GnomeKeyring(bus, folder / "keyring")
        parts.callback(daemon.close)
        daemon.start(unlocked=True)
        yield bus.address


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        keyring(Path(place)) as address,
        Server("hackatime") as server,
    ):
        server.today(total_seconds=7500)
        commands = make_commands(Path(place), server, address)
        for command, environment in commands.values():
            # The first run warms the caches, and asks for the zone.
            run_once(command, environment)
        asked = len(server.requests)
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, (command, environment) in commands.items():
                costs[name].append(run_once(command, environment))
        requests = server.requests[asked:]
    assert len(requests) == rounds * len(commands)
    assert len({(request.path, request.authorization) for request in requests}) == 1

    for name, values in costs.items():
        print(f"{name:<32}{_compared(values, costs)}{'   ' + TARGET if name == FROM_CFG else ''}")
    if address is None:
        print("There is no gnome-keyring here.")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {rounds} rounds")


def _compared(
    values: list[tuple[float, float]], costs: dict[str, list[tuple[float, float]]]
) -> str:
    """Say what something costs, and its ratios to both scripts."""
    said = []
    for index, what in enumerate(("wall", "CPU")):
        spent = [value[index] for value in values]
        to_shortest, to_quickest = (
            median(ratios(spent, [value[index] for value in costs[script]]))
            for script in (SHORTEST, QUICKEST)
        )
        said.append(
            f"{what} {median(spent) * 1000:4.0f} ms,"
            f" {to_shortest:.2f} x shortest, {to_quickest:.2f} x quickest"
        )
    return "; ".join(said)


if __name__ == "__main__":
    main()
