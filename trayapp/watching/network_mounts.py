"""Which mounted file systems take the times of files from another machine's clock."""

from __future__ import annotations

import os

NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
    | {"virtiofs", "vboxsf", "vmhgfs"}
)


def devices_with_own_clock(mountinfo: str) -> frozenset[int]:
    """Give the devices (st_dev) of network file systems in the text of /proc/self/mountinfo.

    Whatever runs in user space (sshfs and its like) counts as one: nobody knows whose clock it has.
    """
    devices = set()
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        kind = source.partition(" ")[0]
        if kind in NETWORK_TYPES or kind == "fuse" or kind.startswith("fuse."):
            major, _, minor = mount.split()[2].partition(":")
            devices.add(os.makedev(int(major), int(minor)))
    return frozenset(devices)
