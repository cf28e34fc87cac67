"""How patient the follower of a log is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Pace"]


@dataclass(frozen=True)
class Pace:
    """How long to wait for what.

    Attributes:
        silence_s: A connection on which nothing came for so long is made anew: load balancers forget silent ones
            without a word.
        status_lag_s: So long after the end of its log a container may still be reported as running.
        look_after_s: It is worth a look why a job waits after so long.
        pauses: How long to pause after failures, against the usual.
    """

    silence_s: float = 60.0
    status_lag_s: float = 3.0
    look_after_s: float = 1.5
    pauses: float = 1.0
