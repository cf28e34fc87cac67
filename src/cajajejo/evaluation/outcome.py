"""What comes out of an evaluation that came to its end."""

from __future__ import annotations

from dataclasses import dataclass

from cajajejo.config import EvaluationInput
from cajajejo.errors import CajajejoError, ExitCode
from cajajejo.results.summary import EvaluationSummary
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle

__all__ = ["EvaluationResult"]


@dataclass(frozen=True)
class EvaluationResult:
    """What came out.

    Attributes:
        summary: The scores.
        folder: Where everything is.
        inputs: The configs.
        tracking_uri: Where it was recorded, or None.
        tracker_run: The tracker's run, or None.
        unrecorded: Why the tracker does not have everything yet, or None.
    """

    summary: EvaluationSummary
    folder: RunFolder
    inputs: EvaluationInput
    tracking_uri: str | None
    tracker_run: RunHandle | None
    unrecorded: CajajejoError | None

    @property
    def exit_code(self) -> ExitCode:
        """0, 1 where an entry failed, or 3 where the tracker does not have everything."""
        if self.unrecorded is not None:
            return self.unrecorded.exit_code
        succeeded = self.summary.status == "finished" and not self.summary.failed
        return ExitCode.OK if succeeded else ExitCode.WORK_FAILED
