"""Mounts below a folder, and folders that have some."""

import ctypes
import os
import re
import shutil
from pathlib import Path

DETACH = 2
LIBC = ctypes.CDLL(None, use_errno=True)


def mounts_below(folder: Path) -> list[Path]:
    """The places below a folder where something is mounted, the deepest and newest first."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split()[4])
        if place.startswith(f"{folder}/"):
            found.append(Path(place))
    return found[::-1]


def unmount_below(folder: Path) -> None:
    """Unmounts all that is mounted below a folder."""
    for place in mounts_below(folder):
        LIBC.umount2(os.fsencode(place), DETACH)


def remove_tree(folder: Path) -> None:
    """Removes a folder; what is mounted in it is unmounted, and never emptied."""
    unmount_below(folder)
    left = mounts_below(folder)
    if left:
        raise OSError(f"{left[0]} cannot be unmounted, so {folder} stays")
    if folder.exists():
        shutil.rmtree(folder)
