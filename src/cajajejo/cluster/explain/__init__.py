"""Why a job is not doing what it should: objects and events in, one verdict out. Pure."""

from __future__ import annotations

from cajajejo.cluster.explain.decide import explain
from cajajejo.cluster.explain.observation import Observation
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["Code", "Evidence", "Observation", "State", "Verdict", "explain"]
