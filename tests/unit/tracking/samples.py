"""Records that the tests of tracking share."""

from __future__ import annotations

from cajajejo.tracking.records import (
    CloseRun,
    LogArtifact,
    LogMetrics,
    LogParams,
    OpenRun,
    Record,
    RunStatus,
    SetTags,
)


def opening(identity: str = "abc123", **tags: str) -> OpenRun:
    return OpenRun("exp", "a run", "**what** it is", identity, 1_700_000_000_000, tags)


def sequence(identity: str = "abc123") -> list[Record]:
    return [
        opening(identity, job="one"),
        LogParams({"python": "3.11", "seed": "0"}),
        SetTags({"state": "running"}),
        LogMetrics({"mmlu/accuracy": 0.25, "mmlu/count": 10}, 0, 1_700_000_000_100),
        LogMetrics({"mmlu/accuracy": 0.5}, 1, 1_700_000_000_200),
        SetTags({"state": "done"}),
        LogArtifact("helm", None),
        LogArtifact("eval_config.yml", "configs"),
        CloseRun(RunStatus.FAILED, 1_700_000_001_000),
        opening(identity, job="two"),
        SetTags({"state": "done again"}),
        LogMetrics({"mmlu/accuracy": 0.75}, 2, 1_700_000_001_300),
        CloseRun(RunStatus.FINISHED, 1_700_000_002_000),
    ]
