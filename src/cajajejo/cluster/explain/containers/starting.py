"""A pod that has a node and whose containers do not run yet, and one whose containers do."""

from __future__ import annotations

from dataclasses import replace

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.containers.exits import explain_exit
from cajajejo.cluster.explain.containers.images import IMAGE_REASONS, explain_image
from cajajejo.cluster.explain.containers.mounts import explain_config_error, explain_mounts
from cajajejo.cluster.explain.containers.start_errors import explain_start_error
from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.jobs.retries import tries_text, will_retry
from cajajejo.cluster.explain.node_health import explain_node
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, created_s, name_of, number, objects, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.storage.volumes import explain_attachment
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER

__all__ = ["explain_placed"]

_NORMAL_WAITS = frozenset({"ContainerCreating", "PodInitializing", ""})
_PROGRESS = ("Pulling", "Pulled", "Created", "Started")
_LONG_PULL_S = 45 * 60.0
_PATIENCE_S = 180.0
"""A node that is new may need a minute or two for its network before the first container starts."""


def explain_placed(scene: Scene, pod: Json) -> Verdict:
    """Returns the verdict on a pod that has a node and has not ended."""
    node = explain_node(scene, pod)
    if node is not None:
        return node
    blocked = _waiting_container(scene, pod)
    if blocked is not None:
        return blocked
    ended = _ended_container(scene, pod)
    if ended is not None:
        return ended
    running = _running_container(pod)
    if running is not None:
        return _running(pod, running)
    for room in (explain_attachment, explain_mounts, _sandbox, _pulling):
        verdict = room(scene, pod)
        if verdict is not None:
            return verdict
    return _quiet(scene, pod)


def _statuses(pod: Json) -> list[Json]:
    return [*objects(pod, "status", "initContainerStatuses"), *objects(pod, "status", "containerStatuses")]


def _running_container(pod: Json) -> Json | None:
    """The evaluation, the weights, or another main container that runs; not what a mesh adds before them."""
    running = [each for each in _statuses(pod) if isinstance(at(each, "state", "running"), dict)]
    mains = [text(each, "name") for each in objects(pod, "status", "containerStatuses")]
    own = [each for each in running if text(each, "name") == EVALUATION_CONTAINER]
    weights = [each for each in running if text(each, "name") == WEIGHTS_CONTAINER]
    others = [each for each in running if text(each, "name") in mains and EVALUATION_CONTAINER not in mains]
    return next(iter([*own, *weights, *others]), None)


def _ended_container(scene: Scene, pod: Json) -> Verdict | None:
    """A container that has ended in a pod that has not: the kubelet is about to tell, or a sidecar holds the pod."""
    verdict = explain_exit(scene, pod)
    done = [
        each
        for each in objects(pod, "status", "containerStatuses")
        if text(each, "name") == EVALUATION_CONTAINER and number(each, "state", "terminated", "exitCode") == 0
    ]
    others = [text(each, "name") for each in _statuses(pod) if isinstance(at(each, "state", "running"), dict)]
    fact = [("still runs", ", ".join(others))] if others else []
    if verdict is not None:
        again = will_retry(scene, pod)
        state = State.PENDING if again else State.FAILED
        following = [("next", tries_text(scene, pod))] if again else []
        return replace(verdict, state=state, will_retry=again, facts=[*verdict.facts, *fact, *following])
    if not done:
        return None
    since_s = time_at(done[0], "state", "terminated", "finishedAt")
    evidence = Evidence(f"Pod {name_of(pod)}", "Completed", f"container {EVALUATION_CONTAINER}", since_s)
    headline = "it has finished" + (", and another container keeps the pod" if others else "")
    remedy = [f"make {others[0]} a sidecar that ends with the pod, or leave it out of this pod"] if others else ()
    return Verdict(State.RUNNING, Code.RUNNING, headline, since_s, fact, [evidence], remedy, healthy=not others)


def _waiting_container(scene: Scene, pod: Json) -> Verdict | None:
    for status in _statuses(pod):
        reason, message = (text(status, "state", "waiting", key) for key in ("reason", "message"))
        if reason in _NORMAL_WAITS or _is_past(scene, pod, text(status, "name")):
            continue
        if reason in IMAGE_REASONS:
            return explain_image(scene, pod, status)
        return _cannot_start(scene, pod, status, reason, message)
    return None


def _is_past(scene: Scene, pod: Json, container: str) -> bool:
    """Says whether events already tell that a container got over what it waits for: they were seen a moment later."""
    events = [event for event in scene.pod_events(pod) if event.container == container]
    went_on = latest(events, "Pulled", "Started")
    failed = latest(events, "Failed", "BackOff", "InspectFailed", "ErrImageNeverPull")
    return went_on is not None and failed is not None and (went_on.last_s or 0.0) > (failed.last_s or 0.0)


def _cannot_start(scene: Scene, pod: Json, status: Json, reason: str, message: str) -> Verdict:
    evidence = Evidence(f"Pod {name_of(pod)}", reason, message or "no message")
    verdict = None
    if reason == "CreateContainerConfigError":
        verdict = explain_config_error(scene, pod, message)
    if reason == "CrashLoopBackOff":
        # Our pods never restart a container; a manifest that someone edited may.
        ended = text(status, "lastState", "terminated", "reason")
        headline = f"its container {text(status, 'name')} ends again and again: {ended or 'no reason'}"
        verdict = Verdict(State.STARTING, Code.CRASHED, headline, remedy=["see the log:", scene.logs_command()])
    verdict = verdict or explain_start_error(scene, pod, reason, message)
    return replace(verdict, since_s=time_at(pod, "status", "startTime"), evidence=[evidence], will_retry=True)


def _running(pod: Json, status: Json) -> Verdict:
    begun_s = time_at(status, "state", "running", "startedAt")
    node = ("node", text(pod, "spec", "nodeName"))
    evidence = Evidence(f"Pod {name_of(pod)}", "running", f"container {text(status, 'name')}", begun_s)
    if text(status, "name") == WEIGHTS_CONTAINER:
        headline, state, code = "the weights are being fetched", State.STARTING, Code.PULLING_WEIGHTS
    else:
        headline, state, code = "it runs", State.RUNNING, Code.RUNNING
    return Verdict(state, code, headline, begun_s, [node], [evidence], healthy=True)


def _sandbox(scene: Scene, pod: Json) -> Verdict | None:
    """The pod's frame: network and cgroup (kubelet's FailedCreatePodSandBox)."""
    events = scene.pod_events(pod)
    failed = latest(events, "FailedCreatePodSandBox", "FailedCreatePodContainer", "NetworkNotReady")
    progress = latest(events, *_PROGRESS)
    if failed is None or (progress is not None and (progress.last_s or 0.0) >= (failed.last_s or 0.0)):
        return None
    network = "network" in failed.message or "cni" in failed.message.lower()
    return Verdict(
        State.STARTING,
        Code.SANDBOX_FAILED,
        "its node cannot give it a network" if network else "its node cannot make the frame of its pod",
        since_s=failed.first_s,
        facts=[("node", text(pod, "spec", "nodeName"))],
        evidence=[failed.evidence()],
        remedy=["the node tries again by itself; if it goes on, see to the node or let the job run on another"],
        will_retry=True,
    )


def _pulling(scene: Scene, pod: Json) -> Verdict | None:
    events = scene.pod_events(pod)
    begun = latest(events, "Pulling")
    done = latest(events, "Pulled", "Created", "Started")
    if begun is None or (done is not None and (done.last_s or 0.0) > (begun.last_s or 0.0)):
        return None
    # "Pulled" within the same second belongs to an image that came before.
    if done is not None and done.last_s == begun.last_s and done.container == begun.container:
        return None
    age_s = scene.age_s(begun.last_s) or 0.0
    slow = age_s > _LONG_PULL_S
    return Verdict(
        State.STARTING,
        Code.PULLING_IMAGE,
        "its image is being pulled" + (", for unusually long" if slow else ""),
        since_s=begun.last_s,
        facts=[("node", text(pod, "spec", "nodeName")), ("pulling", f"for {shown_duration(age_s)}")],
        evidence=[begun.evidence()],
        remedy=["see to the node's network and disk"] if slow else (),
        healthy=not slow,
    )


def _quiet(scene: Scene, pod: Json) -> Verdict:
    """Nothing is wrong that anyone reports."""
    since_s = time_at(pod, "status", "startTime") or created_s(pod)
    events = scene.pod_events(pod)
    last_s = max([since_s or 0.0, *(event.last_s or 0.0 for event in events)])
    newest = [events[-1].evidence()] if events else []
    if scene.now_s - last_s <= _PATIENCE_S:
        return Verdict(
            State.STARTING, Code.STARTING, "its containers are about to start", since_s, evidence=newest, healthy=True
        )
    return Verdict(
        State.STARTING,
        Code.UNKNOWN,
        f"its node {text(pod, 'spec', 'nodeName')} has not started it and does not say why",
        since_s,
        evidence=newest or [Evidence(f"Pod {name_of(pod)}", "status.phase", text(pod, "status", "phase"), since_s)],
        remedy=["see to the node:", f"kubectl describe node {text(pod, 'spec', 'nodeName')}"],
    )
