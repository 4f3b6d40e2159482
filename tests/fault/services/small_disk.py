"""A small file system in memory that a test fills and empties; others see nothing of it.

It is mounted in a mount namespace of the test's own, which ends with the test and what it has started. That takes the right
to mount (root outside of an unprivileged container); without it small_disks() says so and there are none.
"""
import ctypes
import errno
import os
import pathlib

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2
_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if getattr(_LIBC, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def enter_namespace():
    """From the main thread, before any other thread or process; None, or why it is not possible."""
    try:
        _call("unshare", CLONE_NEWNS)
        _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    except OSError as error:
        return str(error)
    return None


class SmallDisk:
    def __init__(self, folder, megabytes):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        _call("mount", b"tmpfs", str(self.folder).encode(), b"tmpfs", 0, f"size={megabytes}m,mode=755".encode())
        self._ballast = self.folder / "ballast"

    def fill(self):
        """To the last page."""
        with open(self._ballast, "ab", buffering=0) as ballast:
            for block in (1 << 20, 4096):
                try:
                    while True:
                        ballast.write(b"\0" * block)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self):
        self._ballast.unlink(missing_ok=True)

    def close(self):
        _LIBC.umount2(str(self.folder).encode(), MNT_DETACH)
