"""A server of the test cluster, which a test may kill and start again."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WITHIN_S = 60.0
PAUSE_S = 0.05


@dataclass(frozen=True)
class NodeServer:
    """A process as `state.json` describes it."""

    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    pid: int
    start_time: int

    @property
    def is_running(self) -> bool:
        """Whether this very process is there: not its remains, and not another one with its number."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return False
        return fields[0] not in "ZX" and int(fields[19]) == self.start_time

    def kill(self) -> None:
        """Ends it as a crash would, and waits until it is gone."""
        if self.is_running:
            os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + WITHIN_S
        while self.is_running:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} does not end")
            time.sleep(PAUSE_S)

    def start(self) -> "NodeServer":
        """Starts it anew, with the very command and environment, for longer than the test lives."""
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
        process.returncode = 0  # nobody waits for it here, and that is no leak
        started = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
        return NodeServer(self.argv, self.env, self.log, process.pid, started)
