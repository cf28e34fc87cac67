"""The content fingerprint of a model folder: equal for equal answers, whatever the folder is called."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from cajajejo.errors import ModelError
from cajajejo.weights.cache.layout import DIGESTS, ENTRY_FILES
from cajajejo.weights.fetch.sharing import share
from cajajejo.weights.reading import as_model_error
from cajajejo.weights.stamps import Stamp, Stamps

__all__ = ["fingerprint_folder", "keep_digests"]

_SCHEME = b"cajajejo weights 1\n"
_CHUNK_BYTES = 32 * 2**20
"""A part of the scheme: other chunks give other digests."""
_READ_BYTES = 2**20
"""Small enough to stay in the processor's cache between reading and hashing."""
_ALONE_BYTES = 4 * 2**20
"""Below this, starting threads costs more than they save."""
_REMEMBERED_BYTES = 2**20
"""Smaller files are hashed each time."""
_SETTLED_NS = 100_000_000
"""A file changed this recently could change again without its time stamps showing it."""
_MOST_WORKERS = 16
_UNDECISIVE = ("readme*", "license*", "*.md", "*.incomplete", "*.part", "__pycache__", ".*")
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf", "*.h5", "*.msgpack", "*.onnx")


@dataclass(frozen=True)
class _File:
    name: str
    path: Path
    stamp: Stamp


def fingerprint_folder(
    folder: Path,
    *,
    tokenizer: Path | None = None,
    options: Mapping[str, object] | None = None,
    stamps: Path | None = None,
    workers: int | None = None,
) -> str:
    """Hashes all that decides a model's answers: names, sizes and contents of its files, and the options.

    The folder's own name and place and all times are left out, and so are hidden files, READMEs, licences,
    other Markdown and unfinished downloads. Files are hashed in chunks of 32 MiB by several threads, each
    with one buffer of 1 MiB.

    Args:
        folder: The model folder; symbolic links in it are followed.
        tokenizer: The tokenizer's folder, where it is another one. Weights in it are left out.
        options: What else decides an answer, such as `{"dtype": "bfloat16"}`: JSON values. One that is None
            counts as absent.
        stamps: A JSON file that remembers the digests of large files by size, times and inode, so that an
            unchanged one is read once only. A corrupt one is ignored. Digests that `keep_digests` has left count, too.
        workers: Number of threads; by default that of the processors this process may use, at most 16.

    Returns:
        64 hexadecimal digits.

    Raises:
        ModelError: A file cannot be read, changed while it was read, or there is none.
    """
    files = list(_decisive_files(folder, "model/", _UNDECISIVE))
    if not files:
        raise ModelError(f"{folder} holds no model files", path=folder, remedy="give the folder that holds config.json")
    if tokenizer is not None and not _same_folder(folder, tokenizer):
        files += _decisive_files(tokenizer, "tokenizer/", _UNDECISIVE + _WEIGHTS)
    digests = _digests(files, Stamps(stamps), workers or min(_processors(), _MOST_WORKERS))
    whole = hashlib.sha256(_SCHEME)
    given = {name: value for name, value in (options or {}).items() if value is not None}
    whole.update(json.dumps(given, sort_keys=True).encode() + b"\n")
    for file, digest in sorted(zip(files, digests, strict=True), key=lambda pair: pair[0].name):
        whole.update(json.dumps([file.name, file.stamp.size, digest.hex()]).encode() + b"\n")
    return whole.hexdigest()


def keep_digests(files: Path, kept: Path) -> None:
    """Hashes the large files of a cache's entry, and keeps that beside them, for all who take its fingerprint later.

    They are held against size, times and inode as other remembered digests are. Where it cannot be done, each of them
    reads the files.

    Args:
        files: The entry's folder of files.
        kept: The file to keep the digests in.
    """
    if os.access(kept.parent, os.W_OK):
        with suppress(ModelError):
            decisive = list(_decisive_files(files, "", _UNDECISIVE))
            _digests(decisive, Stamps(kept, base=files.resolve()), min(_processors(), _MOST_WORKERS))
            share(kept)


def _same_folder(folder: Path, tokenizer: Path) -> bool:
    with as_model_error(tokenizer):
        return tokenizer.samefile(folder)


def _decisive_files(
    folder: Path, prefix: str, left_out: tuple[str, ...], above: tuple[tuple[int, int], ...] = ()
) -> Iterator[_File]:
    """Lists a folder and those in it; `above` names those around it, against endless links."""
    with as_model_error(folder):
        status = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in entries:
        if any(fnmatchcase(entry.name.lower(), pattern) for pattern in left_out):
            continue
        path = Path(entry.path)
        with as_model_error(path):
            status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            yield from _decisive_files(path, f"{prefix}{entry.name}/", left_out, (*above, identity))
        elif stat.S_ISREG(status.st_mode):
            yield _File(prefix + entry.name, path, Stamp.of(status))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _digests(files: list[_File], stamps: Stamps, workers: int) -> list[bytes]:
    """The digest of each file, in the order given: a hash over the hashes of its chunks."""
    started_ns = time.time_ns()
    places = [file.path.resolve() for file in files]
    kept = _KeptDigests()
    known = [
        stamps.digest(place, file.stamp) or kept.digest(place, file.stamp)
        for file, place in zip(files, places, strict=True)
    ]
    missing = [file for file, digest in zip(files, known, strict=True) if digest is None]
    fresh = dict(zip((file.name for file in missing), _hash_files(missing, workers), strict=True))
    for file, place in zip(files, places, strict=True):
        settled = max(file.stamp.mtime_ns, file.stamp.ctime_ns) < started_ns - _SETTLED_NS
        if file.name in fresh and settled and file.stamp.size >= _REMEMBERED_BYTES:
            stamps.remember(place, file.stamp, fresh[file.name])
    stamps.save()
    return [digest or fresh[file.name] for file, digest in zip(files, known, strict=True)]


class _KeptDigests:
    """What is kept beside the entries of caches that files are in."""

    def __init__(self) -> None:
        self._entries: dict[Path, Stamps] = {}

    def digest(self, place: Path, stamp: Stamp) -> bytes | None:
        for folder in place.parents:
            if folder.name == ENTRY_FILES:
                if folder not in self._entries:
                    self._entries[folder] = Stamps(folder.parent / DIGESTS, base=folder)
                return self._entries[folder].digest(place, stamp)
        return None


def _hash_files(files: list[_File], workers: int) -> Iterator[bytes]:
    chunks = [(file, start) for file in files for start in range(0, file.stamp.size, _CHUNK_BYTES)]
    hasher = _ChunkHasher()
    if workers == 1 or sum(file.stamp.size for file in files) < _ALONE_BYTES:
        return _combine(files, map(hasher, chunks))
    with ThreadPoolExecutor(workers, thread_name_prefix="fingerprint") as pool:
        try:
            return iter(list(_combine(files, pool.map(hasher, chunks))))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _combine(files: list[_File], chunk_digests: Iterable[bytes]) -> Iterator[bytes]:
    remaining = iter(chunk_digests)
    for file in files:
        whole = hashlib.sha256()
        for _ in range(0, file.stamp.size, _CHUNK_BYTES):
            whole.update(next(remaining))
        with as_model_error(file.path):
            if Stamp.of(file.path.stat()) != file.stamp:
                raise _changed(file.path)
        yield whole.digest()


class _ChunkHasher:
    """Hashes one chunk of a file, into a buffer that its thread keeps."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, chunk: tuple[_File, int]) -> bytes:
        file, start = chunk
        buffer = self._buffer()
        digest = hashlib.sha256()
        remaining = min(_CHUNK_BYTES, file.stamp.size - start)
        with as_model_error(file.path), file.path.open("rb", buffering=0) as source:
            source.seek(start)
            while remaining:
                count = source.readinto(buffer[: min(remaining, _READ_BYTES)])
                if not count:
                    raise _changed(file.path)
                digest.update(buffer[:count])
                remaining -= count
        return digest.digest()

    def _buffer(self) -> memoryview:
        if not hasattr(self._local, "buffer"):
            self._local.buffer = memoryview(bytearray(_READ_BYTES))
        buffer: memoryview = self._local.buffer
        return buffer


def _changed(path: Path) -> ModelError:
    return ModelError(
        f"{path} changed while it was read",
        path=path,
        remedy="wait until the model is downloaded, then start again",
    )
