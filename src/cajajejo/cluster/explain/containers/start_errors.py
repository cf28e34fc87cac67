"""Containers that were made and never ran: no program, no right, no GPU, or a user that is not allowed."""

from __future__ import annotations

import re

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import name_of
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_start_error"]

# runc and crun, passed on by containerd, docker and CRI-O.
_NO_PROGRAM = re.compile(r'exec: "([^"]+)": (?:executable file not found|stat \S+: no such file|no such file)')
_NO_PERMISSION = re.compile(r'exec: "([^"]+)": (?:stat \S+: )?permission denied')
_NO_GPU = re.compile(
    r"nvidia-container-cli|could not select device driver|unresolvable CDI devices|nvidia-container-runtime"
)


def explain_start_error(scene: Scene, pod: Json, reason: str, message: str) -> Verdict:
    """Returns the verdict on a container that could not be started."""
    program, forbidden = _NO_PROGRAM.search(message), _NO_PERMISSION.search(message)
    steps = scene.then(scene.set_key("image or image_tag", "to an image of cajajejo's evaluation", at="image"))
    if program is not None:
        headline = f"the image has no program {program[1]}"
    elif forbidden is not None:
        headline = f"the program {forbidden[1]} of the image may not be run"
    elif "cannot verify user is non-root" in message:
        headline = "the image names its user without a number, so that nobody can tell whether it is root"
        steps = scene.then(scene.set_key("kubernetes_config.run_as_user", "to its number, such as 1000"))
    elif "runAsNonRoot" in message or "breaks non-root policy" in message:
        # verifyRunAsNonRoot of kubelet.
        headline = "the image runs as root, which the pod forbids"
        steps = scene.then(scene.set_key("kubernetes_config.run_as_user", "to a number such as 1000"))
    elif _NO_GPU.search(message):
        headline = "the node's GPU driver does not let the container start"
        steps = ["see to the node's GPU driver and container toolkit, or let the job run on another node"]
    else:
        headline, steps = "its container cannot be started", []
    evidence = Evidence(f"Pod {name_of(pod)}", reason, message)
    return Verdict(State.STARTING, Code.CONTAINER_CANNOT_START, headline, evidence=[evidence], remedy=steps)
