"""How often a job may be disrupted: work that is lost each time must not begin anew for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cajajejo.errors import DisruptionBudgetError
from cajajejo.pod_protocol import DISRUPTION_BUDGET_VARIABLE, DISRUPTIONS_VARIABLE, FAILURES_VARIABLE

__all__ = ["Disruptions", "disruptions_from_environment"]


@dataclass(frozen=True)
class Disruptions:
    """What is known of a job's disruptions before it starts, and how many it may have.

    Attributes:
        told: How many there were so far, as the cluster counts them; None where it does not say.
        budget: After how many the job gives up, or None: never.
    """

    told: int | None = None
    budget: int | None = None

    def excess(self, lost_attempts: int = 0) -> DisruptionBudgetError | None:
        """Returns the error to end with where there were too many, or None.

        Args:
            lost_attempts: How many attempts of this job the run's folder knows that did not come to an end of their
                own; 0 where the folder does not outlive a pod. They count only where the cluster does not: some may
                have been killed for a fault of their own, which the backoff limit counts.
        """
        count = lost_attempts if self.told is None else self.told
        if self.budget is None or count <= self.budget:
            return None
        of_folder = f"attempts cut short in the run's folder: {lost_attempts}"
        counted = of_folder if self.told is None else f"the cluster counts {self.told}"
        return DisruptionBudgetError(
            f"the job was disrupted {_times(count)} and may be {_times(self.budget)} ({counted})",
            disruptions=count,
            budget=self.budget,
            remedy="run it on nodes that are not taken away, give it a run_store so that it continues where it was "
            "stopped, or raise kubernetes_config.disruption_budget; then submit it again",
        )


def disruptions_from_environment(environment: Mapping[str, str]) -> Disruptions:
    """Reads what the manifest hands to the container. What is absent or no number counts as not told."""
    told, failures, budget = (
        _number(environment.get(name, ""))
        for name in (DISRUPTIONS_VARIABLE, FAILURES_VARIABLE, DISRUPTION_BUDGET_VARIABLE)
    )
    # The Job controller leaves the count of disruptions out while it is 0, and writes that of failures always.
    return Disruptions(0 if told is None and failures is not None else told, budget)


def _times(count: int) -> str:
    return f"{count} {'time' if count == 1 else 'times'}"


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
