"""What a source of weights can do, and who watches it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Body", "Checksum", "ChecksumKind", "FetchObserver", "RemoteFile", "Source"]


class ChecksumKind(enum.Enum):
    """How a source tells what a file holds."""

    CRC32C = "crc32c"
    MD5 = "md5"
    SHA256 = "sha256"
    GIT_SHA1 = "git-sha1"
    """SHA-1 of `blob`, a space, the size, a NUL and the content, as git names its blobs."""


@dataclass(frozen=True)
class Checksum:
    """The checksum of a whole file.

    Attributes:
        kind: How it is made.
        digits: Hexadecimal digits, in lower case.
    """

    kind: ChecksumKind
    digits: str


@dataclass(frozen=True)
class RemoteFile:
    """One file of a model where it comes from.

    Attributes:
        name: Path relative to the folder that is fetched, `/` between the parts.
        size_bytes: Its size, or None where the source does not tell.
        checksum: What it holds, or None where the source does not tell.
        version: Which content of that name it is, in the source's own words, or None.
    """

    name: str
    size_bytes: int | None
    checksum: Checksum | None = None
    version: str | None = None


class Body(Protocol):
    """The bytes of a file, or of a part of it, as they arrive."""

    def read(self, count: int) -> bytes:
        """Returns the next bytes, at most `count`; none at the end.

        Raises:
            PassingError: The connection broke.
            WeightsError: It cannot be read.
        """
        ...

    def close(self) -> None:
        """Lets go of the connection."""
        ...


class Source(Protocol):
    """A folder somewhere else."""

    uri: str
    """What it is called in messages."""
    kind: str
    """What sort of place it is: `gs`, `hf`, `mlflow`, `folder`; a folder of the cache."""
    key: str
    """What names the model there, whatever its revision is; once `files` has been asked."""
    revision: str | None
    """Which revision `files` has told of; None where the source has none."""

    @property
    def question(self) -> str | None:
        """What is asked for, in words that mean the same on every machine; None where there are no such words."""
        ...

    @property
    def pinned(self) -> str | None:
        """The question whose answer never changes, or None where that is not known.

        Known at once where a revision is asked for that stays what it is; after `files` where one is told of.
        """
        ...

    @property
    def splits(self) -> bool:
        """Whether parts of a file can be asked for at little cost; once `files` has been asked."""
        ...

    def files(self) -> Sequence[RemoteFile]:
        """Returns its files; empty where there is no such folder.

        Raises:
            WeightsError: It may not be read, or cannot be reached.
        """
        ...

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """Asks once for a file, or for a part of it. May be called from several threads.

        Args:
            file: One of `files`.
            start: The first byte.
            stop: The byte behind the last one, or None for the end of the file.

        Returns:
            What is to be closed.

        Raises:
            PassingError: There is no answer, or one that may be another one soon.
            WeightsError: It cannot be read.
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

    def noted(self, text: str) -> None:
        """Something that is worth a line: what is left out, what is waited for."""
        ...

    def finished(self, text: str) -> None:
        """It is over; `text` says what came of it."""
        ...
