"""Reading and writing the small files of an outbox, with one clear error for each that is damaged."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from cajajejo.errors import StoreError
from cajajejo.store.base import RunStore

__all__ = ["damaged", "encode_json", "numbered", "read_json"]


def encode_json(content: dict[str, object]) -> bytes:
    """Returns an object as one line of JSON."""
    return (json.dumps(content, sort_keys=True) + "\n").encode()


def read_json(store: RunStore, name: str) -> dict[str, object]:
    """Returns the object in a file; empty where there is no file.

    Raises:
        StoreError: The file cannot be read, or holds no JSON object.
    """
    data = store.read(name)
    try:
        content = {} if data is None else json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise damaged(store, name, str(error)) from error
    if not isinstance(content, dict):
        raise damaged(store, name, "it is not a JSON object")
    return content


def numbered(store: RunStore, folder: str, ending: str) -> list[int]:
    """Returns the numbers of a folder's files, in order; each is called by six digits or more and `ending`.

    Raises:
        StoreError: The folder cannot be read, or holds another file (hidden ones apart).
    """
    numbers = []
    for name in store.list(folder):
        last = PurePosixPath(name).name
        stem = last.removesuffix(ending)
        if last.startswith("."):
            continue
        if not (last.endswith(ending) and stem.isascii() and stem.isdigit() and f"{int(stem):06d}" == stem):
            raise damaged(store, name, "it does not belong there")
        numbers.append(int(stem))
    return sorted(numbers)


def damaged(store: RunStore, name: str, reason: str) -> StoreError:
    """Returns the error for a file that cannot be used."""
    path = store.local_path(name)
    remedy = "move that file away, or bring it back from a copy; then run `cajajejo tracking sync`"
    return StoreError(f"the outbox file {path} cannot be used: {reason}", path=path, remedy=remedy)
