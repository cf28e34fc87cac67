"""What this user has submitted, remembered on this machine.

So that `jobs status NAME` knows namespace and context, and finds the run in MLflow once the cluster has forgotten the
job. It only helps: a file that cannot be read or written is as good as none, and never stops a command.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cajajejo.json_record import JsonRecord

__all__ = ["Submission", "recall", "recent", "remember", "submissions_file"]

_READ_AT_MOST = 16 * 2**20
"""Bytes from the end of the file: some fifty thousand submissions."""


@dataclass(frozen=True)
class Submission(JsonRecord):
    """One job that was submitted from here.

    Attributes:
        name: The Job's name.
        namespace: Its namespace.
        context: The kubeconfig's context, or None for a pod's own login.
        server: Address of the API server.
        tracking_uri: Where its results are recorded.
        experiment_name: Under which experiment.
        config_path: The job config's path in its repository.
        helm_config_path: The run entries' path in their repository.
        submitted_at_s: When, seconds since the epoch.
    """

    name: str
    namespace: str
    context: str | None
    server: str
    tracking_uri: str
    experiment_name: str
    config_path: str
    helm_config_path: str
    submitted_at_s: float


def submissions_file(environment: Mapping[str, str] | None = None) -> Path:
    """Returns where submissions are remembered: below XDG_STATE_HOME, by default ~/.local/state."""
    environment = os.environ if environment is None else environment
    state = environment.get("XDG_STATE_HOME", "")
    # A relative path is to be ignored, says the XDG base directory specification.
    folder = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return folder / "cajajejo" / "submissions.jsonl"


def remember(submission: Submission, file: Path | None = None) -> None:
    """Notes a submission, where that is possible.

    Args:
        submission: What was submitted.
        file: Where; by default `submissions_file()`.
    """
    line = submission.to_json().encode() + b"\n"
    with contextlib.suppress(OSError, RuntimeError):
        path = file or submissions_file()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # One write to a file opened for appending: two processes do not mix their lines.
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line if _ends_with_a_line(handle) else b"\n" + line)
        finally:
            os.close(handle)


def recall(name: str, file: Path | None = None) -> Submission | None:
    """Returns the latest submission of a job.

    Args:
        name: The Job's name.
        file: Where submissions are remembered; by default `submissions_file()`.
    """
    found = (submission for submission in _latest_first(file) if submission.name == name)
    return next(found, None)


def recent(since_s: float = 0.0, file: Path | None = None) -> list[Submission]:
    """Returns the submissions since a time, the latest first.

    Args:
        since_s: Seconds since the epoch.
        file: Where submissions are remembered; by default `submissions_file()`.
    """
    return [submission for submission in _latest_first(file) if submission.submitted_at_s >= since_s]


def _latest_first(file: Path | None) -> Iterator[Submission]:
    try:
        with (file or submissions_file()).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _READ_AT_MOST))
            lines = stream.read().splitlines()
    except (OSError, RuntimeError):
        return
    for line in reversed(lines):
        # A line that a killed process left half written, or one of another version.
        with contextlib.suppress(ValueError, TypeError, KeyError):
            yield Submission.from_json(line.decode())


def _ends_with_a_line(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"
