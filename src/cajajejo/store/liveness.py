"""Which process that is, and whether it still runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["ProcessIdentity", "is_running", "this_process"]

_INSTANCE = os.urandom(16).hex()
"""This very process. In a sandbox that starts anew each time, number, start and boot may all be as before."""
_DEAD_STATES = ("Z", "X")
"""A zombie has ended; only its parent has not asked yet."""


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, told from all others: of other machines, boots and containers, and of the same number.

    Attributes:
        host: Name of the machine, or of the container.
        boot: Id of the machine's boot (Linux), or None.
        pid: The process's number.
        start: When it started, in ticks since the boot (Linux), or None. Numbers are given out again.
        pid_namespace: Where numbers are counted (Linux), or None: containers of a machine share host name and boot.
        instance: A random name that the process gave itself, or None.
    """

    host: str
    boot: str | None
    pid: int
    start: str | None
    pid_namespace: str | None
    instance: str | None = None

    def to_json(self) -> dict[str, object]:
        """Returns the identity as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> ProcessIdentity | None:
        """Returns the identity among the keys of a JSON object, or None where it is torn."""
        host, pid = content.get("host"), content.get("pid")
        if not isinstance(host, str) or not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
            return None
        boot, start, namespace = (_text(content.get(key)) for key in ("boot", "start", "pid_namespace"))
        return cls(host, boot, pid, start, namespace, _text(content.get("instance")))


def this_process() -> ProcessIdentity:
    """Returns the identity of this process."""
    pid = os.getpid()
    stat = _stat(pid)
    return ProcessIdentity(os.uname().nodename, _boot_id(), pid, stat and stat[1], _pid_namespace(), _INSTANCE)


def is_running(identity: ProcessIdentity) -> bool | None:
    """Tells whether a process still runs; None where that cannot be known from here.

    It cannot for a process of another machine, another boot or another container (whose numbers mean other
    processes here), nor for one that the system hides from this user.
    """
    if (identity.host, identity.boot, identity.pid_namespace) != (os.uname().nodename, _boot_id(), _pid_namespace()):
        return None
    if identity.pid == os.getpid() and identity.instance not in (None, _INSTANCE):
        return False
    if not _exists(identity.pid):
        return False
    if identity.start is None:
        return True
    stat = _stat(identity.pid)
    if stat is None:
        return None if _exists(identity.pid) else False
    state, start = stat
    return start == identity.start and state not in _DEAD_STATES


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _boot_id() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _pid_namespace() -> str | None:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None


def _stat(pid: int) -> tuple[str, str] | None:
    """State and start of a process (Linux: fields 3 and 22 of its stat); None where they cannot be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
