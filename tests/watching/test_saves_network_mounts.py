from __future__ import annotations

import os
from pathlib import Path

import pytest

from trayapp.watching.network_mounts import devices_with_own_clock

LOCAL = "25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw"


@pytest.mark.parametrize(
    ("line", "device"),
    [
        ("40 25 0:48 / /mnt rw,noatime shared:7 - nfs4 server:/x rw,vers=4.2", (0, 48)),
        ("41 25 0:51 / /mnt/with\\040space rw - cifs //server/x rw", (0, 51)),
        ("42 25 0:52 / /mnt/a rw,nosuid shared:1 master:2 - fuse.sshfs me@host: rw", (0, 52)),
        (LOCAL, None),
        ("43 25 8:17 / /mnt/disk rw - fuseblk /dev/sdb1 rw", None),
        ("44 25 0:33 /sub /home rw shared:3 - btrfs /dev/vdb rw", None),
    ],
)
def test_only_other_machines_have_a_clock_of_their_own(
    line: str, device: tuple[int, int] | None
) -> None:
    expected = frozenset() if device is None else frozenset({os.makedev(*device)})

    assert devices_with_own_clock(f"{LOCAL}\n{line}\n") == expected


def test_this_machine_s_own_table_can_be_read() -> None:
    mounts = Path("/proc/self/mountinfo")
    if not mounts.exists():
        pytest.skip("only Linux has a /proc/self/mountinfo")

    assert isinstance(devices_with_own_clock(mounts.read_text()), frozenset)
