"""What a source of weights can do, and who watches it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["FetchObserver", "RemoteFile", "Source"]


@dataclass(frozen=True)
class RemoteFile:
    """One file of a model where it comes from.

    Attributes:
        name: Path relative to the folder that is fetched, `/` between the parts.
        size_bytes: Its size, or None where the source does not tell.
    """

    name: str
    size_bytes: int | None


class Source(Protocol):
    """A folder somewhere else."""

    uri: str
    """What it is called in messages."""

    def files(self) -> Sequence[RemoteFile]:
        """Returns its files; empty where there is no such folder.

        Raises:
            WeightsError: It may not be read, or cannot be reached.
        """
        ...

    def fetch(self, files: Sequence[RemoteFile], folder: Path) -> Path:
        """Fetches the files into an empty folder.

        Returns:
            The folder that holds them under their names; `folder` or one in it.

        Raises:
            WeightsError: One cannot be fetched.
            OSError: The folder cannot be written.
        """
        ...


class FetchObserver(Protocol):
    """Told how far it is; `fetched` from another thread than the rest."""

    def started(self, source: str, total_bytes: int | None) -> None:
        """The files are known; now they are fetched."""
        ...

    def fetched(self, done_bytes: int) -> None:
        """So many bytes are here."""
        ...

    def finished(self, text: str) -> None:
        """It is over; `text` says what came of it."""
        ...
