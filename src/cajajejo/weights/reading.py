"""Reads the files of a model folder; what is wrong with one becomes a `ModelError` that names it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cajajejo.errors import ModelError

__all__ = ["DOWNLOAD_AGAIN", "as_model_error", "read_json_object", "require_file"]

DOWNLOAD_AGAIN = "download the model again"
_LFS_PREFIX = b"version https://git-lfs.github.com/spec/"
_LFS_POINTER_MAX_BYTES = 1024


@contextmanager
def as_model_error(path: Path) -> Iterator[None]:
    """Turns an error of the operating system into a `ModelError` about the path.

    Args:
        path: What is read inside the `with` block.

    Raises:
        ModelError: The block raised an `OSError`.
    """
    try:
        yield
    except PermissionError as error:
        remedy = "give the user that runs this the right to read it"
        raise ModelError(f"{path} may not be read by this user", path=path, remedy=remedy) from error
    except OSError as error:
        raise ModelError(
            f"cannot read {path}: {error.strerror or error}",
            path=path,
            remedy="check the disk or mount that it lies on",
        ) from error


def require_file(path: Path) -> int:
    """Checks that a file is there, may be read, is not empty and is no stand-in for the real one.

    Args:
        path: The file; symbolic links are followed.

    Returns:
        Its size in bytes.

    Raises:
        ModelError: It is not, and why.
    """
    with as_model_error(path):
        if not path.exists():
            raise _missing(path)
        if not path.is_file():
            raise ModelError(f"{path} is not a file", path=path, remedy=DOWNLOAD_AGAIN)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(len(_LFS_PREFIX)) if size <= _LFS_POINTER_MAX_BYTES else b""
    if size == 0:
        raise ModelError(f"{path} is empty", path=path, remedy=DOWNLOAD_AGAIN)
    if start == _LFS_PREFIX:
        raise ModelError(
            f"{path} is a Git LFS pointer, not the file itself",
            path=path,
            remedy=f'run "git lfs pull" in {path.parent}',
        )
    return size


def _missing(path: Path) -> ModelError:
    if path.is_symlink():
        message = f"{path} is a symbolic link to {path.readlink()}, which is not there"
        return ModelError(message, path=path, remedy="mount or copy what it points to, or " + DOWNLOAD_AGAIN)
    return ModelError(f"{path} is missing", path=path, remedy=DOWNLOAD_AGAIN)


def read_json_object(path: Path) -> dict[str, object]:
    """Reads a JSON file whose content must be an object.

    Args:
        path: The file.

    Returns:
        The object.

    Raises:
        ModelError: The file cannot be read, is no JSON, or holds something else than an object.
    """
    require_file(path)
    with as_model_error(path):
        data = path.read_bytes()
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON: {error}", path=path, remedy=DOWNLOAD_AGAIN) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} does not hold a JSON object", path=path, remedy=DOWNLOAD_AGAIN)
    return content
