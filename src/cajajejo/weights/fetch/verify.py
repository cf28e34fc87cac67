"""Whether a file that has been fetched is the one that was meant."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cajajejo.errors import ModelError
from cajajejo.weights.fetch.remote import ChecksumKind, RemoteFile
from cajajejo.weights.safetensors import check_safetensors

__all__ = ["Fault", "fault_of"]

_READ_BYTES: Final = 2**20


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file.

    Attributes:
        words: What, as it stands behind the file's name.
        is_at_source: Whether it is the same where it comes from, so that no other try helps.
    """

    words: str
    is_at_source: bool = False


def fault_of(path: Path, file: RemoteFile, crc32c: int) -> Fault | None:
    """Returns what is wrong with a file, or None.

    By its checksum where the source tells one, else by its size; and in any case by the header of safetensors.

    Args:
        path: Where it is.
        file: What it is meant to be.
        crc32c: The checksum of what has arrived.

    Raises:
        OSError: It cannot be read.
    """
    size = path.stat().st_size
    if file.size_bytes is not None and size != file.size_bytes:
        return Fault(f"has {size} bytes here, and {file.size_bytes} bytes where it comes from")
    if file.checksum is not None:
        found = _digits(path, file.checksum.kind, size, crc32c)
        if found != file.checksum.digits:
            kind, told = file.checksum.kind.value, file.checksum.digits
            return Fault(f"has the {kind} {found} here, and {told} where it comes from")
    if file.name.endswith(".safetensors"):
        try:
            check_safetensors(path)
        except ModelError as error:
            return Fault(str(error).removeprefix(f"{path} "), is_at_source=file.checksum is not None)
    return None


def _digits(path: Path, kind: ChecksumKind, size: int, crc32c: int) -> str:
    if kind is ChecksumKind.CRC32C:
        return f"{crc32c:08x}"
    digest = _hash(kind, size)
    with path.open("rb", buffering=0) as source:
        while part := source.read(_READ_BYTES):
            digest.update(part)
    return str(digest.hexdigest())


def _hash(kind: ChecksumKind, size: int) -> Any:
    if kind is ChecksumKind.SHA256:
        return hashlib.sha256()
    if kind is ChecksumKind.MD5:
        return hashlib.md5(usedforsecurity=False)
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
