"""What the folders of a cache are called: `KIND/KEY/REVISION/files`, the record beside them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cajajejo.weights.fetch.remote import RemoteFile

__all__ = ["ANSWERS", "CLAIMS", "DIGESTS", "ENTRY_FILES", "RECORD", "REMOVING", "STAGING", "EntryId", "content_digest"]

ENTRY_FILES: Final = "files"
RECORD: Final = "cajajejo.json"
DIGESTS: Final = "fingerprints.json"
"""The digests of an entry's large files, of which the fingerprint of a model is made."""
ANSWERS: Final = ".answers"
CLAIMS: Final = ".claims"
STAGING: Final = ".staging"
REMOVING: Final = ".removing-"
"""How the names of folders begin that are on their way out."""
_LONGEST_NAME: Final = 200
"""File systems take 255 bytes."""
_DIGITS: Final = 12


@dataclass(frozen=True)
class EntryId:
    """What an entry holds.

    Attributes:
        kind: What sort of place it is from, such as `gs`.
        key: Which model there.
        revision: Which revision of it, and which of its files.
    """

    kind: str
    key: str
    revision: str

    @classmethod
    def of(cls, kind: str, key: str, revision: str | None, files: Sequence[RemoteFile]) -> EntryId:
        """Returns the entry for some files of a model: the revision in the source's words, and a digest of the rest.

        Args:
            kind: What sort of place it is from.
            key: Which model there.
            revision: Which revision, where the source has some.
            files: The files with their checksums, as far as the source tells.
        """
        digest = content_digest(files)
        return cls(kind, key, digest if revision is None else f"{revision}-{digest}")

    def folder(self, cache: Path) -> Path:
        """Returns the folder of the entry."""
        return cache / self.kind / _name(self.key) / _name(self.revision)

    @property
    def name(self) -> str:
        """One name for the whole of it, for claims and staging folders."""
        text = "\n".join((self.kind, self.key, self.revision))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def content_digest(files: Sequence[RemoteFile]) -> str:
    """Returns a few hexadecimal digits for names, sizes and checksums of files."""
    lines = []
    for file in sorted(files, key=lambda file: file.name):
        checksum = "" if file.checksum is None else f"{file.checksum.kind.value}:{file.checksum.digits}"
        lines.append(f"{file.name}\0{file.size_bytes}\0{checksum or file.version or ''}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:_DIGITS]


def _name(text: str) -> str:
    """A text as one name of a folder; a long one by its beginning and its hash."""
    name = quote(text, safe=" @+=,").replace(" ", "%20")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:100]}~{hashlib.sha256(text.encode()).hexdigest()[:32]}"
