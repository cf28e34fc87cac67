"""What the user sees: progress, and errors that say what to do."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

SHOWN_LINES = 25


class ClusterError(Exception):
    """The test cluster cannot be built or started; the message says why, and what to do."""


def step(text: str) -> None:
    """Says on stderr what is done now."""
    sys.stderr.write(f"==> {text}\n")
    sys.stderr.flush()


def tail(log: Path) -> str:
    """The last lines of a log, indented."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line}" for line in lines[-SHOWN_LINES:])


def run_logged(
    command: Sequence[object],
    log: Path,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    held: Sequence[int] = (),
) -> None:
    """Runs a command whose output goes to a log.

    Args:
        command: The program and its arguments; paths and texts.
        log: The file that the output is added to.
        what: What the command is for, as in "building the pause image".
        cwd: Where it runs.
        env: Its whole environment.
        held: File descriptors that it inherits: a lock stays held for as long as one who works under it lives.

    Raises:
        ClusterError: It failed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(held),
            check=False,
        )
    if done.returncode != 0:
        raise ClusterError(f"{what} failed with exit code {done.returncode}. The end of {log}:\n{tail(log)}")
