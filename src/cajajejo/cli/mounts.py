"""What has to be mounted into a container, told where an evaluation could not be done without it."""

from __future__ import annotations

import errno
import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cajajejo.errors import BadInputError, ConfigError, StoreError
from cajajejo.pod_protocol import SCRATCH_FOLDER

__all__ = ["require_temporary_folder", "what_is_not_mounted"]

LARGER = "mount a larger volume there"
VOLUME = "docker run --mount type=tmpfs,destination={}"


@contextmanager
def what_is_not_mounted(files: Sequence[Path], scratch: Path) -> Iterator[None]:
    """Tells of a config that cannot be read, or a folder that cannot be written, what to mount.

    Args:
        files: The configs.
        scratch: The folder to work in.

    Raises:
        BadInputError: One of the files is not there, is a folder, or may not be read.
        StoreError: The folder cannot be written, or has too little room.
    """
    try:
        yield
    except ConfigError as error:
        _require_files(files, error)
        raise
    except StoreError as error:
        _require_room_in(scratch, error)
        raise


def _require_files(paths: Sequence[Path], cause: ConfigError) -> None:
    problems = {path: problem for path in paths if (problem := _problem_of(path)) is not None}
    if not problems:
        return
    mounts = " ".join(f"--mount type=bind,src=FILE,target={path}" for path in problems)
    remedy = f"mount what user {os.getuid()} may read, by an absolute path: docker run {mounts}"
    raise BadInputError("; ".join(f"{path} {problem}" for path, problem in problems.items()), remedy=remedy) from cause


def _problem_of(path: Path) -> str | None:
    try:
        with path.open("rb"):
            return None
    except FileNotFoundError:
        return "is not there: there is no such file"
    except IsADirectoryError:
        return "is a folder, which `docker run -v` makes where the file to mount does not exist"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _require_room_in(folder: Path, cause: StoreError) -> None:
    """Tries to write, because rights do not tell of a file system that is mounted for reading."""
    from cajajejo.evaluation.plan import require_room

    probe = folder / f".writable-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        require_room(folder)
    except StoreError as error:
        raise StoreError(str(error), path=folder, remedy=LARGER) from cause
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = f"mount a volume there that user {os.getuid()} may write: {VOLUME.format(folder)}"
        message = f"{folder} cannot be written: {error.strerror}"
        raise StoreError(message, path=folder, remedy=LARGER if is_full else remedy) from cause


def require_temporary_folder() -> None:
    """Checks that there is a folder for temporary files.

    Raises:
        StoreError: There is none that can be written.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        message = "no folder for temporary files can be written"
        remedy = f"mount a volume: {VOLUME.format(SCRATCH_FOLDER)}"
        raise StoreError(message, path=Path(SCRATCH_FOLDER), remedy=remedy) from error
