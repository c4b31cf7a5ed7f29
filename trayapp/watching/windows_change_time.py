"""When NTFS says that anything about a file changed: what lstat calls ctime elsewhere.

Never run on Windows; the calls are those of fileapi.h and winbase.h.
"""

from __future__ import annotations

import ctypes

READ_ATTRIBUTES = 0x80
SHARE_ALL = 0x7
OPEN_EXISTING = 3
NOT_FOLLOWED = 0x0220_0000
"""FILE_FLAG_OPEN_REPARSE_POINT, and FILE_FLAG_BACKUP_SEMANTICS, which folders need."""

BASIC_INFORMATION = 0
INVALID_HANDLE = ctypes.c_void_p(-1).value
EPOCH_TICKS = 116_444_736_000_000_000
"""1970 on Windows' clock of 100 nanoseconds since 1601."""


class BasicInformation(ctypes.Structure):
    """FILE_BASIC_INFO."""

    _fields_ = (
        ("creation", ctypes.c_int64),
        ("access", ctypes.c_int64),
        ("write", ctypes.c_int64),
        ("change", ctypes.c_int64),
        ("attributes", ctypes.c_uint32),
    )


def change_time_ns(path: str) -> int | None:
    """Give the time of the last change, since 1970; None where the file system keeps none."""
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # Windows has it
    kernel.CreateFileW.restype = ctypes.c_void_p
    kernel.CreateFileW.argtypes = (
        *(ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p),
        *(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p),
    )
    kernel.GetFileInformationByHandleEx.argtypes = (
        *(ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32),
    )
    kernel.CloseHandle.argtypes = (ctypes.c_void_p,)
    handle = kernel.CreateFileW(
        path, READ_ATTRIBUTES, SHARE_ALL, None, OPEN_EXISTING, NOT_FOLLOWED, None
    )
    if handle == INVALID_HANDLE:
        return None
    found = BasicInformation()
    try:
        is_told = kernel.GetFileInformationByHandleEx(
            handle, BASIC_INFORMATION, ctypes.byref(found), ctypes.sizeof(found)
        )
    finally:
        kernel.CloseHandle(handle)
    return (found.change - EPOCH_TICKS) * 100 if is_told and found.change else None
