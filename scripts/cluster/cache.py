"""What was built once, by a key made of all that went into it."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console import step
from mounts import remove_tree

KEPT = 3
KEPT_FOR_S = 24 * 3600.0


def key_of(*inputs: str | bytes | Path) -> str:
    """A short hash of texts and of the contents of files and folders."""
    digest = hashlib.sha256()
    for one in inputs:
        for part in _parts(one):
            digest.update(f"{len(part)}:".encode() + part)
    return digest.hexdigest()[:16]


def _parts(one: str | bytes | Path) -> Iterator[bytes]:
    if isinstance(one, Path) and one.is_dir():
        for path in sorted(one.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(one)).encode()
                yield path.read_bytes()
    elif isinstance(one, Path):
        yield one.read_bytes()
    else:
        yield one if isinstance(one, bytes) else one.encode()


@dataclass(frozen=True)
class Workplace:
    """Where an entry of the cache is being built: an empty folder, a log, and the lock that is held meanwhile."""

    folder: Path
    log: Path
    lock: int


@dataclass(frozen=True)
class Cache:
    """A folder of entries, shared by all clones of the repository."""

    root: Path

    def entry(self, kind: str, key: str, what: str, build: Callable[[Workplace], None]) -> Path:
        """The folder of an entry, built now if it is not there.

        It is built in a folder of another name and renamed when it is whole, so a killed build leaves nothing that
        counts; two that need the same one build it once.
        """
        final = self.root / f"{kind}-{key}"
        if not final.is_dir():
            with locked(self.root / f"{kind}.lock", f"another build of {what}") as lock:
                if not final.is_dir():
                    self._build(kind, final, what, build, lock)
        os.utime(final)
        return final

    def _build(self, kind: str, final: Path, what: str, build: Callable[[Workplace], None], lock: int) -> None:
        for unfinished in self.root.glob(f".{kind}-*"):
            remove_tree(unfinished)
        place = Workplace(self.root / f".{final.name}", self.root / "logs" / f"{kind}.log", lock)
        place.folder.mkdir(parents=True)
        place.log.unlink(missing_ok=True)
        begin = time.monotonic()
        step(f"building {what}")
        build(place)
        place.folder.rename(final)
        step(f"built {what} in {time.monotonic() - begin:.0f} s")
        self._forget_old(kind)

    def _forget_old(self, kind: str) -> None:
        def age_s(path: Path) -> float:
            return time.time() - path.stat().st_mtime

        for old in sorted(self.root.glob(f"{kind}-*"), key=age_s)[KEPT:]:
            if age_s(old) > KEPT_FOR_S:
                remove_tree(old)


@contextmanager
def locked(path: Path, other: str) -> Iterator[int]:
    """Holds the lock of a file; waits, and says so, while another one does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            step(f"waiting for {other}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
