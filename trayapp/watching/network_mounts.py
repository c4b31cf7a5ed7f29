"""Which mounted file systems take the times of files from another machine's clock."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
    | {"virtiofs", "vboxsf", "vmhgfs"}
)


def own_clock_test() -> Callable[[int], bool]:
    """Give the function that tells whether a device (st_dev) may have another machine's clock.

    Elsewhere than on Linux any may: there only what was written is told, so no clock is asked
    whether a file was.
    """
    if sys.platform != "linux":
        return lambda _device: True
    return devices_with_own_clock(MOUNTS.read_text("utf-8", errors="replace")).__contains__


def devices_with_own_clock(mountinfo: str) -> frozenset[int]:
    """Give the devices (st_dev) of network file systems in the text of /proc/self/mountinfo.

    Whatever runs in user space (sshfs and its like) counts as one: nobody knows whose clock it has.
    """
    devices: set[int] = set()
    if sys.platform == "win32":
        return frozenset(devices)
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        kind = source.partition(" ")[0]
        if kind in NETWORK_TYPES or kind == "fuse" or kind.startswith("fuse."):
            major, _, minor = mount.split()[2].partition(":")
            devices.add(os.makedev(int(major), int(minor)))
    return frozenset(devices)
