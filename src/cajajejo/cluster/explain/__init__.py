"""Why a job is not doing what it should: objects and events in, one verdict out. Pure."""

from __future__ import annotations

from cajajejo.cluster.explain.observation import Observation
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["Code", "Evidence", "Observation", "State", "Verdict", "explain"]


def explain(observation: Observation) -> Verdict:
    """Returns what a job is doing and why.

    Pure: the same observation always gives the same verdict. It never raises, whatever the objects lack, and says
    `UNKNOWN` with what was seen rather than guess.

    Args:
        observation: What was seen of the job.
    """
    # Its many patterns take a while to compile, and most commands only need the words of a verdict.
    from cajajejo.cluster.explain.decide import decide

    return decide(observation)
