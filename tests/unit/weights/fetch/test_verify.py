import hashlib
from pathlib import Path

import pytest

from cajajejo.weights.fetch.remote import Checksum, ChecksumKind, RemoteFile
from cajajejo.weights.fetch.verify import Fault, fault_of

CONTENT = b"content of a file\n"
GIT = hashlib.sha1(b"blob 18\0" + CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("kind", "digits"),
    [
        (ChecksumKind.SHA256, hashlib.sha256(CONTENT).hexdigest()),
        (ChecksumKind.MD5, hashlib.md5(CONTENT).hexdigest()),
        (ChecksumKind.GIT_SHA1, GIT),
        (ChecksumKind.CRC32C, "0000002a"),
    ],
)
def test_checksums(tmp_path: Path, kind: ChecksumKind, digits: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    assert fault_of(path, RemoteFile("file", 18, Checksum(kind, digits)), 42) is None
    fault = fault_of(path, RemoteFile("file", 18, Checksum(kind, "0" * len(digits))), 42)
    assert fault == Fault(f"has the {kind.value} {digits} here, and {'0' * len(digits)} where it comes from")


def test_git_names_a_blob_so() -> None:
    assert GIT == "7bf7ddc901ac699aac15756293c9d7f2d5435512"  # as `git hash-object` does


def test_without_a_checksum_the_size_and_the_header_of_safetensors_tell(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(CONTENT)
    small = RemoteFile("model.safetensors", 17)
    assert fault_of(path, small, 0) == Fault("has 18 bytes here, and 17 bytes where it comes from")
    fault = fault_of(path, RemoteFile("model.safetensors", 18), 0)
    assert fault is not None
    assert fault.words.startswith("is not a sound safetensors file")
    assert not fault.is_at_source
    right = Checksum(ChecksumKind.SHA256, hashlib.sha256(CONTENT).hexdigest())
    fault = fault_of(path, RemoteFile("model.safetensors", 18, right), 0)
    assert fault is not None
    assert fault.is_at_source
    assert fault_of(path, RemoteFile("other", 18), 0) is None
