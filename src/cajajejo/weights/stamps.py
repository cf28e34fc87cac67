"""Remembers the digests of files that have not changed since, in one small JSON file."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.store.folder import write_whole

__all__ = ["Stamp", "Stamps"]

_VERSION = 1
_DIGEST_LENGTH = 64


@dataclass(frozen=True)
class Stamp:
    """What changes when a file does, as far as the file system tells."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp in a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


class Stamps:
    """The remembered digests, read once. A file that is missing or corrupt counts as an empty one.

    Args:
        file: Where they are kept, or None to remember nothing.
        base: The folder that files are named from, where it may be mounted at several places; None: from the root.
    """

    def __init__(self, file: Path | None, *, base: Path | None = None) -> None:
        self._file = file
        self._base = Path() if base is None else base
        self._known = _read(file) if file else {}
        self._changed = False

    def digest(self, path: Path, stamp: Stamp) -> bytes | None:
        """The digest of a file that is as it was, or None."""
        known = self._known.get(self._name(path))
        return bytes.fromhex(known[1]) if known and known[0] == stamp else None

    def remember(self, path: Path, stamp: Stamp, digest: bytes) -> None:
        """Notes a digest; `save` writes it down."""
        self._known[self._name(path)] = (stamp, digest.hex())
        self._changed = True

    def save(self) -> None:
        """Writes what is new, without the files that are gone; where it cannot, that only costs time."""
        if self._file is None or not self._changed:
            return
        files = {
            name: [*astuple(stamp), digest]
            for name, (stamp, digest) in sorted(self._known.items())
            if Path(self._base, name).exists()
        }
        with suppress(StoreError):
            write_whole(self._file, json.dumps({"version": _VERSION, "files": files}, indent=1).encode())

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._base)) if path.is_relative_to(self._base) else str(path)


def _read(file: Path) -> dict[str, tuple[Stamp, str]]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        return {}
    files = content.get("files")
    if not isinstance(files, dict):
        return {}
    return {name: entry for name, fields in files.items() if (entry := _entry(fields))}


def _entry(fields: object) -> tuple[Stamp, str] | None:
    match fields:
        case [int(size), int(mtime_ns), int(ctime_ns), int(inode), str(digest)] if _is_digest(digest):
            return Stamp(size, mtime_ns, ctime_ns, inode), digest
    return None


def _is_digest(text: str) -> bool:
    return len(text) == _DIGEST_LENGTH and set(text) <= set("0123456789abcdef")
