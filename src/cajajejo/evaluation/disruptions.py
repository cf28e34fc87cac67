"""How often a job may be disrupted: work that is lost each time must not begin anew for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cajajejo.errors import DisruptionBudgetError
from cajajejo.pod_protocol import DISRUPTION_BUDGET_VARIABLE, DISRUPTIONS_VARIABLE

__all__ = ["Disruptions", "disruptions_from_environment"]


@dataclass(frozen=True)
class Disruptions:
    """What is known of a job's disruptions before it starts, and how many it may have.

    Attributes:
        told: How many there were so far, as the cluster counts them; 0 where it does not say.
        budget: After how many the job gives up, or None: never.
    """

    told: int = 0
    budget: int | None = None

    def excess(self, lost_attempts: int = 0) -> DisruptionBudgetError | None:
        """Returns the error to end with where there were too many, or None.

        Args:
            lost_attempts: How many attempts of this job the run's folder knows that did not come to an end of their
                own; 0 where the folder does not outlive a pod.
        """
        count = max(self.told, lost_attempts)
        if self.budget is None or count <= self.budget:
            return None
        counted = [f"the cluster counts {self.told}"] if self.told else []
        counted += [f"the run's folder knows {lost_attempts} attempts that were cut short"] if lost_attempts else []
        return DisruptionBudgetError(
            f"the job was disrupted {count} times and may be {self.budget} times ({', '.join(counted)})",
            disruptions=count,
            budget=self.budget,
            remedy="run it on nodes that are not taken away, give it a run_store so that it continues where it was "
            "stopped, or raise kubernetes_config.disruption_budget; then submit it again",
        )


def disruptions_from_environment(environment: Mapping[str, str]) -> Disruptions:
    """Reads what the manifest hands to the container. What is absent or no number counts as not told."""
    told, budget = (_number(environment.get(name, "")) for name in (DISRUPTIONS_VARIABLE, DISRUPTION_BUDGET_VARIABLE))
    return Disruptions(told or 0, budget)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
