"""A Job that may have no pod at a time: `parallelism` 0 pauses it, as the API's reference says."""

from __future__ import annotations

from cajajejo.cluster.explain.reading import at, created_s, number, objects, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, State, Verdict

__all__ = ["explain_paused"]


def explain_paused(scene: Scene) -> Verdict | None:
    """Returns the verdict on a Job whose `parallelism` is 0, or None where it is not."""
    if number(scene.job, "spec", "parallelism") != 0:
        return None
    who, since_s = _who_and_when(scene)
    patch = """-p '{"spec":{"parallelism":1}}'"""
    return Verdict(
        State.QUEUED,
        Code.SUSPENDED,
        f"{who or 'someone'} set its parallelism to 0, which pauses it: it gets no pod",
        since_s=since_s,
        evidence=[scene.job_evidence("spec.parallelism", f"0, set by {who}" if who else "0", since_s)],
        remedy=[f"kubectl patch job {scene.seen.name} --namespace {scene.seen.namespace} {patch}"],
    )


def _who_and_when(scene: Scene) -> tuple[str, float | None]:
    """The program that set the field last, as far as the server has noted it."""
    found = [
        (time_at(entry, "time") or 0.0, text(entry, "manager"))
        for entry in objects(scene.job, "metadata", "managedFields")
        if at(entry, "fieldsV1", "f:spec", "f:parallelism") is not None
    ]
    if not found:
        return "", created_s(scene.job)
    set_s, who = max(found)
    return who, set_s or created_s(scene.job)
