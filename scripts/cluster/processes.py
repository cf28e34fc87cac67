"""The processes of a cluster: started so that they can be found again, by a mark in their environment."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layout import MARK

END_WITHIN_S = 30.0


@dataclass(frozen=True)
class Server:
    """A process that runs until it is stopped."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path

    def start(self) -> dict[str, object]:
        """Starts it, and says all that is needed to stop it or to start it again."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.argv,
                env=dict(self.env),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started = {"pid": process.pid, "start_time": start_time(process.pid)}
        # A cluster outlives who started it: nobody waits for this process here.
        process.returncode = 0
        return {"argv": list(self.argv), "env": dict(self.env), "log": str(self.log), **started}


def start_time(pid: int) -> int | None:
    """When a process began, in ticks since the start of the system; None when there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def end_all(state: Path, cgroup: str) -> None:
    """Kills the servers of a cluster, then what runs in its pods.

    Killed and not asked, because nothing of a cluster is kept. Servers go first: they would start containers anew.
    """
    _end(lambda: marked(state), "servers")
    _end(lambda: in_cgroup(cgroup), "containers")


def _end(find: Callable[[], Iterator[int]], what: str) -> None:
    deadline = time.monotonic() + END_WITHIN_S
    while found := sorted(find()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} of the cluster do not end: processes {found}")
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


def marked(state: Path) -> Iterator[int]:
    """The processes that bear the mark of a cluster: its servers, and the shims of its containers."""
    mark = f"{MARK}={state}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            has_mark = mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended meanwhile
        if has_mark and int(folder.name) != os.getpid() and start_time(int(folder.name)) is not None:
            yield int(folder.name)


def in_cgroup(cgroup: str) -> Iterator[int]:
    """The processes in a control group of a cluster and in those below, whatever their hierarchy."""
    found: set[int] = set()
    for folder in cgroup_folders(cgroup):
        for listing in folder.rglob("cgroup.procs"):
            try:
                found.update(int(pid) for pid in listing.read_text().split())
            except OSError:
                continue  # the group has gone meanwhile, or holds threads only
    yield from (pid for pid in found if start_time(pid) is not None)


def cgroup_mounts() -> dict[Path, set[str]]:
    """Where control groups are mounted, with the options of each mount (the controllers, in version 1)."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] in ("cgroup", "cgroup2"):
            found[Path(before.split()[4])] = set(after.split()[2].split(","))
    return found


def cgroup_folders(cgroup: str) -> list[Path]:
    """The folders of a control group, one in each hierarchy that has it."""
    return [mount / cgroup for mount in cgroup_mounts() if (mount / cgroup).is_dir()]


def read_state(state_file: Path) -> dict[str, object] | None:
    """What was written when the cluster was up; None when it is not."""
    try:
        found = json.loads(state_file.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
