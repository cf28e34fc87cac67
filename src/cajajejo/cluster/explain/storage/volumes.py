"""A pod that waits for a volume, before it has a node and after."""

from __future__ import annotations

from dataclasses import replace

from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.jobs.refusals import explain_refusal
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import created_s, name_of, text
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.scheduler_message import Obstacle, SchedulerMessage
from cajajejo.cluster.explain.storage.claims import (
    asked_of_claim,
    claim_names,
    claims_of,
    is_bound,
    is_selected,
    volume_facts,
)
from cajajejo.cluster.explain.storage.provisioning import explain_claim, no_provisioner
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_attachment", "explain_claims", "explain_provisioning"]

_CONTROLLER_PATIENCE_S = 30.0


def explain_provisioning(scene: Scene, pod: Json) -> Verdict | None:
    """Returns the verdict on a pod whose node is chosen and whose volume is not made yet, or None."""
    chosen = [claim for claim in claims_of(scene, pod) if is_selected(claim)]
    verdicts = [verdict for claim in chosen if (verdict := explain_claim(scene, pod, claim)) is not None]
    return _worst(verdicts)


def explain_claims(scene: Scene, pod: Json, said: SchedulerMessage, cause: Obstacle) -> Verdict:
    """Returns the verdict on a pod that the scheduler keeps waiting because of its claims."""
    if cause is Obstacle.CLAIM_MISSING:
        return _missing(scene, pod, said)
    if cause is Obstacle.CLAIM_NOT_MADE_YET:
        return _not_made_yet(scene, pod)
    if cause is Obstacle.VOLUME_ELSEWHERE:
        return Verdict(
            State.PENDING,
            Code.VOLUME_ELSEWHERE,
            "its volume can only be used where no node fits",
            facts=[("claims", ", ".join(claim_names(pod)))] if claim_names(pod) else [],
            remedy=["add a node in the volume's zone, or take a claim in the zone of the nodes"],
        )
    if cause is Obstacle.CLAIM_LOST:
        headline = "its claim has lost its volume, and the data with it"
        remedy = ["delete the claim and make it anew, then", *scene.make_anew()]
        return Verdict(State.PENDING, Code.VOLUME_UNBOUND, headline, remedy=remedy)
    claims = claims_of(scene, pod)
    if cause is Obstacle.CLAIM_UNBOUND and claims and all(is_bound(claim) for claim in claims):
        headline = "its disk is there by now; the scheduler looks again"
        return Verdict(State.PENDING, Code.STARTING, headline, healthy=True, will_retry=True)
    worst = _worst([found for claim in claims if (found := explain_claim(scene, pod, claim)) is not None])
    if worst is not None and (cause is Obstacle.CLAIM_UNBOUND or not worst.healthy):
        return worst
    return _no_volume(scene, pod, cause)


def explain_attachment(scene: Scene, pod: Json) -> Verdict | None:
    """Returns the verdict on a pod whose volume cannot be attached to its node, or None."""
    events = scene.pod_events(pod)
    failed = latest(events, "FailedAttachVolume")
    done = latest(events, "SuccessfulAttachVolume", "Pulling", "Pulled", "Created", "Started")
    if failed is None or (done is not None and (done.last_s or 0.0) >= (failed.last_s or 0.0)):
        return None
    # attachdetach-controller 1.29 to 1.35: "Multi-Attach error for volume …".
    elsewhere = failed.message.startswith("Multi-Attach error")
    return Verdict(
        State.STARTING,
        Code.VOLUME_ATTACH_FAILED,
        "its volume is still attached to another node" if elsewhere else "its volume cannot be attached to its node",
        since_s=failed.first_s,
        evidence=[failed.evidence()],
        remedy=["wait: the volume is freed when the other pod has ended, or 6 minutes after its node was lost"]
        if elsewhere
        else [
            "see what the storage driver says:",
            f"kubectl describe pod {name_of(pod)} --namespace {scene.seen.namespace}",
        ],
        will_retry=True,
    )


def _worst(verdicts: list[Verdict]) -> Verdict | None:
    return next((verdict for verdict in verdicts if not verdict.healthy), verdicts[0] if verdicts else None)


def _missing(scene: Scene, pod: Json, said: SchedulerMessage) -> Verdict:
    names = said.subjects(Obstacle.CLAIM_MISSING)
    name = names[0] if names else ""
    if any(name_of(claim) == name for claim in scene.seen.claims or ()):
        return Verdict(
            State.PENDING,
            Code.STARTING,
            f"the claim {name} was missing and exists by now",
            healthy=True,
            will_retry=True,
        )
    volume = claim_names(pod).get(name, "")
    return Verdict(
        State.PENDING,
        Code.VOLUME_CLAIM_MISSING,
        f"the claim {name} does not exist in namespace {scene.seen.namespace}",
        facts=[("asked", f"PersistentVolumeClaim {name}" + (f" for the volume {volume}" if volume else ""))],
        remedy=[
            f"make the claim {name} in namespace {scene.seen.namespace}; the job goes on by itself",
            *scene.then(f"or {scene.set_key('kubernetes_config.run_store.claim', 'to one that exists')}"),
        ],
    )


def _not_made_yet(scene: Scene, pod: Json) -> Verdict:
    # ephemeral volume controller, "ephemeral volume scratch-volume: create PVC …: … is forbidden: …".
    refused = latest(scene.pod_events(pod), "FailedBinding")
    if refused is not None:
        verdict = explain_refusal(scene, refused)
        return replace(verdict, state=State.PENDING, headline=f"the claim of its disk is refused: {verdict.headline}")
    age_s = scene.age_s(created_s(pod))
    if age_s is not None and age_s <= _CONTROLLER_PATIENCE_S:
        return Verdict(State.PENDING, Code.STARTING, "the claim of its disk is being made", healthy=True)
    return Verdict(State.PENDING, Code.VOLUME_UNBOUND, "nobody makes the claim of its disk")


def _no_volume(scene: Scene, pod: Json, cause: Obstacle) -> Verdict:
    age_s = scene.age_s(created_s(pod))
    if cause is Obstacle.CLAIM_UNBOUND and age_s is not None and age_s <= _CONTROLLER_PATIENCE_S:
        return Verdict(State.PENDING, Code.STARTING, "its disk is not bound yet", healthy=True, will_retry=True)
    claims = [claim for claim in claims_of(scene, pod) if not is_bound(claim)]
    classes = list(dict.fromkeys(text(claim, "spec", "storageClassName") for claim in claims))
    facts = [fact for class_name in classes for fact in volume_facts(scene, class_name)]
    asked = [("asked", asked_of_claim(claim)) for claim in claims if scene.seen.claims is not None]
    if cause is Obstacle.VOLUME_NONE and claims and not facts and scene.seen.volumes is not None:
        return no_provisioner(scene, pod, claims[0], None)
    no_space = cause is Obstacle.VOLUME_NO_SPACE
    # "didn't find available persistent volumes": the class makes none, and none of those that exist will do.
    code = Code.VOLUME_NO_CAPACITY if no_space or facts else Code.VOLUME_UNBOUND
    headline = {
        Obstacle.VOLUME_NO_SPACE: "no node has room for its disk",
        Obstacle.VOLUME_NONE: "no volume is free that fits its claim",
    }.get(cause, "its disk is not there yet")
    if no_space:
        step = scene.set_key("kubernetes_config.storage.size", "lower, or free disks of the nodes")
    else:
        step = scene.set_key("kubernetes_config.storage.class", "to a class that makes volumes, or make a volume")
    evidence = [
        Evidence(f"PersistentVolumeClaim {name_of(claim)}", "status.phase", text(claim, "status", "phase") or "unknown")
        for claim in claims
        if scene.seen.claims is not None
    ]
    return Verdict(
        State.PENDING,
        code,
        headline,
        facts=[*asked, *facts],
        evidence=evidence,
        remedy=scene.then(step),
        will_retry=True,
    )
