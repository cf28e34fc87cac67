"""The contract of a run store: whole files under names, and "create unless it is there"."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

__all__ = ["RunStore"]


class RunStore(Protocol):
    """Keeps the files of one run. A folder today; a mounted volume or a bucket speaks the same protocol.

    Names are relative, with `/` between parts. Every file is written whole or not at all. Nothing relies on
    appending, or on renaming across machines, because a bucket can do neither.
    """

    def list(self, prefix: str) -> list[str]:
        """Returns the names of all files below the folder `prefix`, sorted; empty where there are none.

        Raises:
            StoreError: The store cannot be read.
        """
        ...

    def read(self, name: str) -> bytes | None:
        """Returns a file's content, or None where there is no such file.

        Raises:
            StoreError: The store cannot be read.
        """
        ...

    def create(self, name: str, data: bytes) -> bool:
        """Writes a file unless it exists. Of several writers at once exactly one gets True.

        Raises:
            StoreError: The store cannot be written (full disk, no right).
        """
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Writes a file whether or not it exists; a reader sees the old content or the new, never a mixture.

        Raises:
            StoreError: The store cannot be written.
        """
        ...

    def remove(self, name: str) -> None:
        """Removes a file; nothing happens where there is none.

        Raises:
            StoreError: The store cannot be written.
        """
        ...

    def local_path(self, name: str) -> Path:
        """Returns a path on this machine for programs that need one (the harness's own files, artifacts)."""
        ...
