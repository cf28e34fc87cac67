"""Folders and files that several users may write: what a folder allows its group, what is made in it allows, too.

A cache is filled by jobs of several users, who share a group: that of the pods' volumes (`fsGroup`, whose folders
Kubernetes makes set-group-ID and writable), or that of a folder which somebody has made so by hand. The kernel hands
down the group; but a process's umask takes away the right to write. Here the group gets it back, and only the group:
nothing is made that everybody may write. Where a folder is its owner's alone, so is what is made in it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["FILE_MODE", "make_folder", "share"]

FILE_MODE: Final = 0o664
"""For new files, before `share`: not for everybody to write, even where there is no umask."""
_FOLDER_MODE: Final = 0o775


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it, unless they are there.

    Raises:
        OSError: It cannot be made.
    """
    try:
        folder.mkdir(_FOLDER_MODE)
    except FileNotFoundError:
        make_folder(folder.parent)
        make_folder(folder)
    except OSError:  # of what is there, some file systems say first that they may not be written
        if not folder.is_dir():
            raise
    else:
        share(folder)


def share(path: Path) -> None:
    """Lets the group of a file or folder do what its owner may, where the folder that it is in lets the same group.

    Where that is not possible, such as for what another user has made, it stays as it is.
    """
    with suppress(OSError):
        above, status = path.parent.stat(), path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        wanted = mode & ~stat.S_IWOTH
        if above.st_gid == status.st_gid and above.st_mode & stat.S_IWGRP:
            wanted |= (mode & stat.S_IRWXU) >> 3
            if stat.S_ISDIR(status.st_mode):
                wanted |= above.st_mode & stat.S_ISGID
        # For who is not of its group, the kernel would take set-group-ID away.
        if wanted != mode and (not mode & stat.S_ISGID or _is_of_group(status.st_gid)):
            path.chmod(wanted)


def _is_of_group(group: int) -> bool:
    return os.geteuid() == 0 or group == os.getegid() or group in os.getgroups()
