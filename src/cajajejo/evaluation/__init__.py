"""One evaluation from start to end: what `jobs evaluation run` and the container both call.

Modules: `options` (what is asked), `model` (the config's model as an endpoint), `identity` (hashes of what was asked),
`interrupts` (signals), `work` (the harness, followed and committed), `recording` (what the tracker is told),
`results` (the files that users read), `run` (all of it in order), `observer` (who watches).
"""

from cajajejo.evaluation.observer import Observer, SilentObserver
from cajajejo.evaluation.options import EvaluationOptions, JobContext, TrackingMode
from cajajejo.evaluation.run import EvaluationResult, evaluate

__all__ = [
    "EvaluationOptions",
    "EvaluationResult",
    "JobContext",
    "Observer",
    "SilentObserver",
    "TrackingMode",
    "evaluate",
]
