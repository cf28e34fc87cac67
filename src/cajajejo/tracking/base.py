"""The contract of a tracker, and the ways in which one can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cajajejo.errors import TrackerError
from cajajejo.tracking.records import CloseRun, LogArtifact, LogMetrics, LogParams, OpenRun, SetTags

__all__ = [
    "Change",
    "RecordRefusedError",
    "RunHandle",
    "Tracker",
    "TrackerLoginError",
    "TrackerUnavailableError",
]

Change = SetTags | LogParams | LogMetrics | LogArtifact | CloseRun
"""A record that needs an open run."""


class TrackerUnavailableError(TrackerError):
    """The tracker cannot be reached, is too slow or fails by itself: the same call may succeed later."""


class TrackerLoginError(TrackerError):
    """The tracker refuses the login (401) or forbids the act (403); only other credentials can help."""


class RecordRefusedError(TrackerError):
    """The tracker refuses this one record; a retry cannot help, and other records are not concerned."""


@dataclass(frozen=True)
class RunHandle:
    """A run in the tracker.

    Attributes:
        run_id: The tracker's own id of the run.
        experiment_id: The tracker's own id of its experiment.
        url: Page that shows the run, or None where no server shows it.
    """

    run_id: str
    experiment_id: str
    url: str | None = None


class Tracker(Protocol):
    """Takes records. Each act may be repeated after an interruption, without a second effect."""

    def open(self, record: OpenRun) -> RunHandle:
        """Finds the run of `record.identity` or makes it, and sets it running with the record's tags.

        Raises:
            TrackerError: One of the three subclasses of this module.
        """
        ...

    def attach(self, record: OpenRun) -> RunHandle | None:
        """Returns the run of `record.identity` as it is, without changing it; None where there is none.

        Raises:
            TrackerError: One of the three subclasses of this module.
        """
        ...

    def apply(self, run: RunHandle, record: Change) -> None:
        """Records a change to a run.

        Raises:
            TrackerError: One of the three subclasses of this module.
        """
        ...

    def close(self) -> None:
        """Frees connections; the tracker is not used afterwards."""
        ...
