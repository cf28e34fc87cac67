"""Jobs, pods and events as an API server gives them, in as many words as a test needs."""

import datetime
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

BEGAN_S = 1_700_000_000.0
NAME = "eval-brave-otter-7f2a"
POD = f"{NAME}-0-x7k2p"
OURS = {"app.kubernetes.io/managed-by": "cajajejo", "app.kubernetes.io/instance": NAME}


def stamp(after_s: float) -> str:
    """The time so many seconds after all began, as an API server writes it."""
    moment = datetime.datetime.fromtimestamp(BEGAN_S + after_s, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, after_s: float, *, status: str = "True", reason: str = "", message: str = "") -> Json:
    return {"type": kind, "status": status, "lastTransitionTime": stamp(after_s), "reason": reason, "message": message}


def job(
    *,
    name: str = NAME,
    namespace: str = "here",
    after_s: float = 0,
    conditions: Sequence[Json] = (),
    labels: Json | None = None,
    annotations: Json | None = None,
    suspend: bool = False,
) -> Json:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "creationTimestamp": stamp(after_s),
            "labels": {**OURS, "app.kubernetes.io/instance": name, "cajajejo/gpus": "1", **(labels or {})},
            "annotations": annotations or {},
        },
        "spec": {"suspend": suspend, "template": {"spec": {"containers": [{"name": "eval"}]}}},
        "status": {"conditions": list(conditions)},
    }


def pod(
    *,
    name: str = POD,
    of: str = NAME,
    namespace: str = "here",
    after_s: float = 0,
    phase: str = "Pending",
    node: str | None = None,
    scheduled_s: float | None = None,
    init: Json | None = None,
    main: Json | None = None,
    conditions: Sequence[Json] = (),
    spec: Json | None = None,
) -> Json:
    """A pod; `init` and `main` are states of its containers, as `running()` and `ended()` make them."""
    placed = [condition("PodScheduled", scheduled_s)] if scheduled_s is not None else []
    status: Json = {"phase": phase, "conditions": [*placed, *conditions]}
    if init is not None:
        status["initContainerStatuses"] = [{"name": "init", "restartCount": 0, "state": init}]
    if main is not None:
        status["containerStatuses"] = [{"name": "eval", "restartCount": 0, "state": main}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "creationTimestamp": stamp(after_s),
            "labels": {**OURS, "app.kubernetes.io/instance": of},
            "ownerReferences": [{"kind": "Job", "name": of, "uid": f"uid-of-{of}", "controller": True}],
        },
        "spec": {"containers": [{"name": "eval"}], **({"nodeName": node} if node else {}), **(spec or {})},
        "status": status,
    }


def running(after_s: float) -> Json:
    return {"running": {"startedAt": stamp(after_s)}}


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message}}


def ended(began_s: float, after_s: float, *, exit_code: int = 0, reason: str = "", message: str = "") -> Json:
    times = {"startedAt": stamp(began_s), "finishedAt": stamp(after_s)}
    return {"terminated": {**times, "exitCode": exit_code, "reason": reason, "message": message}}


def event(reason: str, message: str, *, about: str = POD, kind: str = "Pod", after_s: float = 0) -> Json:
    return {
        "metadata": {"name": f"{about}.{reason}", "namespace": "here", "creationTimestamp": stamp(after_s)},
        "involvedObject": {"kind": kind, "name": about, "namespace": "here"},
        "reason": reason,
        "message": message,
        "lastTimestamp": stamp(after_s),
        "firstTimestamp": stamp(after_s),
        "count": 1,
    }
