"""Makes the tiny model, a small GPT-2 for trials and tests: `python -m cajajejo.weights.tiny FOLDER`."""

from __future__ import annotations

import argparse
import errno
import os
import secrets
import shutil
import sys
from pathlib import Path

from cajajejo.errors import CajajejoError, ModelError, StoreError
from cajajejo.weights.tiny_files import tiny_model_files

__all__ = ["main", "make_tiny_model"]


def make_tiny_model(folder: Path) -> Path:
    """Writes a small GPT-2 with tokenizer in the Hugging Face layout, always the same bytes.

    It answers the single letter `A` to every prompt that does not end with that letter, then ends its text.
    So it reaches chance level where `A` is one of the choices. The folder appears whole or not at all.

    Args:
        folder: Where to put it. Missing or empty: it is made. Already this very model: nothing is done.

    Returns:
        The folder.

    Raises:
        ModelError: The folder holds something else.
        StoreError: It cannot be written.
    """
    files = tiny_model_files()
    try:
        if not _holds(folder, files):
            _write_folder(folder, files)
    except OSError as error:
        raise StoreError(
            f"cannot write the tiny model {folder}: {error.strerror or error}",
            path=folder,
            remedy="choose a folder that may be written, on a disk with a few megabytes of room",
        ) from error
    return folder


def _holds(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether the folder already holds the model; False where it is missing or empty."""
    if not os.path.lexists(folder):
        return False
    if not folder.is_dir():
        raise _occupied(folder, "is not a folder")
    present = {path.name for path in folder.iterdir()}
    if not present:
        return False
    difference = _difference(folder, present, files)
    if difference:
        raise _occupied(folder, difference)
    return True


def _occupied(folder: Path, problem: str) -> ModelError:
    return ModelError(
        f"cannot make the tiny model here: {folder} {problem}",
        path=folder,
        remedy="choose another folder, or remove this one",
    )


def _difference(folder: Path, present: set[str], files: dict[str, bytes]) -> str | None:
    for name in sorted(present ^ files.keys()):
        return f"holds {name}, which is no part of it" if name in present else f"holds other files, but no {name}"
    for name, data in files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != data:
            return f"holds another {name}"
    return None


def _write_folder(folder: Path, files: dict[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / f".tmp-{folder.name}-{secrets.token_hex(4)}"
    temporary.mkdir()
    try:
        for name, data in files.items():
            with (temporary / name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _rename(temporary, folder, files)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename(temporary: Path, folder: Path, files: dict[str, bytes]) -> None:
    """Puts the folder in place; another process may have made the same one meanwhile."""
    try:
        temporary.rename(folder)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST} or not _holds(folder, files):
            raise


def main(arguments: list[str] | None = None) -> int:
    """Runs the script.

    Args:
        arguments: The command line without the program's name; that of the process by default.

    Returns:
        The exit code: 0, or that of the error.
    """
    parser = argparse.ArgumentParser(
        prog="python -m cajajejo.weights.tiny",
        description="Makes the tiny model, a small GPT-2 for trials and tests.",
    )
    parser.add_argument("folder", type=Path, help="where to put it; missing, empty, or already this model")
    folder: Path = parser.parse_args(arguments).folder
    try:
        make_tiny_model(folder)
    except CajajejoError as error:
        print(f"error: {error}; {error.remedy}", file=sys.stderr)  # noqa: T201 - a script
        return int(error.exit_code)
    print(folder)  # noqa: T201 - a script
    return 0


if __name__ == "__main__":
    sys.exit(main())
