"""One evaluation from start to end: what `jobs evaluation run` and the container both call.

Modules: `options` (what is asked), `context` (where it comes from), `model` (the config's model as an endpoint), `plan`
(what one attempt is to do), `identity` (hashes of what was asked), `disruptions` (how often a job may be stopped),
`work` (the harness, followed and committed), `refusals` (why it would not start), `outcome` (what came out),
`closing` (the summary, and what the tracker shall have), `results` (the files that users read), `recording` (what the
tracker is told), `interrupts` (signals), `observer` (who watches), `run` (all of it in order), `deep_check` (names that
only HELM knows).
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
