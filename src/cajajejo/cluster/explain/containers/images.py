"""Images that a node cannot get, told apart by what the container runtime says.

The words are those of containerd 1.6 to 2.1 (its resolver and the docker protocol), docker with cri-dockerd 0.3, CRI-O
1.29 and later, and of the registries behind them; the reasons are kubelet's (pkg/kubelet/images/types.go).
"""

from __future__ import annotations

import re

from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import name_of, objects, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict
from cajajejo.pod_protocol import WEIGHTS_CONTAINER

__all__ = ["IMAGE_REASONS", "classify_pull_error", "explain_image"]

IMAGE_REASONS = frozenset(
    {
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)

_Case = tuple[re.Pattern[str], Code, str]


def _case(code: Code, headline: str, *patterns: str) -> _Case:
    return re.compile("|".join(patterns), re.IGNORECASE), code, headline


# Asked in this order: "pull access denied, repository does not exist or may require authorization" is no clear
# "not found", "no match for platform in manifest: not found" is none at all, and a token that cannot be fetched
# because a name does not resolve is no refusal.
_CASES: tuple[_Case, ...] = (
    _case(Code.DISK_FULL, "the node's disk is full, so that the image does not fit", "no space left on device"),
    _case(
        Code.IMAGE_PULL_FAILED,
        "the registry limits how often images are pulled",
        "toomanyrequests",
        "429 Too Many Requests",
    ),
    _case(
        Code.IMAGE_PULL_FAILED,
        "the image is not made for the node's kind of CPU",
        "no match for platform in manifest",
        "no matching manifest for",
        "no image found in (?:image index|manifest list) for architecture",
    ),
    _case(
        Code.IMAGE_REGISTRY_UNREACHABLE,
        "the registry's name does not resolve",
        r"no such host",
        r"server misbehaving",
        r"lookup \S+(?: on \S+)?: (?:i/o timeout|.*temporary failure)",
        r"dial tcp: lookup",
    ),
    _case(
        Code.IMAGE_REGISTRY_UNREACHABLE,
        "the registry cannot be reached",
        r"connection refused",
        r"no route to host",
        r"network is unreachable",
        r"i/o timeout",
        r"connection reset by peer",
        r"Client\.Timeout exceeded",
        r"context deadline exceeded",
        r"dial tcp \S+:",
        r": EOF\b",
    ),
    _case(
        Code.IMAGE_REGISTRY_UNREACHABLE,
        "no secure connection to the registry comes about",
        r"x509: ",
        r"tls: ",
        r"TLS handshake timeout",
        r"server gave HTTP response to HTTPS client",
    ),
    _case(
        Code.IMAGE_REGISTRY_UNREACHABLE,
        "the registry is out of order",
        r"50[0234] (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)",
        r"because the registry is unavailable",
    ),
    _case(
        Code.IMAGE_NOT_AUTHORIZED,
        "the registry refuses it: there is no such repository, or it needs a login",
        r"repository does not exist or may require",
        r"insufficient_scope",
    ),
    _case(
        Code.IMAGE_NOT_AUTHORIZED,
        "the registry refuses the login, or wants one",
        r"401 Unauthorized",
        r"403 Forbidden",
        r"\bunauthorized\b",
        r"authentication required",
        r"no basic auth credentials",
        r"access to the resource is denied",
        r"denied: Permission",
        r"denied: ",
        r"invalid username/password",
    ),
    _case(
        Code.IMAGE_NOT_FOUND,
        "the registry has no such image",
        r"manifest unknown",
        r"name unknown",
        r"manifest for .* not found",
        r"404 Not Found",
        r": not found\b",
        r"code = NotFound",
    ),
)

_REMEDIES = {
    Code.IMAGE_NOT_FOUND: ("push it, or", "to one that exists"),
    Code.IMAGE_NAME_INVALID: ("", "to a valid name"),
}


def classify_pull_error(message: str, image: str) -> tuple[Code, str]:
    """Returns the cause that a runtime's message names, and a headline.

    Args:
        message: As kubelet passes it on.
        image: The image's reference: its words must not be taken for the runtime's.
    """
    said = message.replace(image, "IMAGE") if image else message
    for pattern, code, headline in _CASES:
        if pattern.search(said):
            return code, headline
    return Code.IMAGE_PULL_FAILED, "the image cannot be pulled"


def explain_image(scene: Scene, pod: Json, status: Json) -> Verdict:
    """Returns the verdict on a container that waits for its image.

    Args:
        scene: What was seen.
        pod: The pod.
        status: The container's status, waiting with one of `IMAGE_REASONS`.
    """
    container = text(status, "name")
    image = _image(pod, container) or text(status, "image")
    reason = text(status, "state", "waiting", "reason")
    evidence = _evidence(scene, pod, container, reason, text(status, "state", "waiting", "message"))
    code, headline = _cause(reason, evidence.message, image)
    facts = [("asked", f"{image} (container {container})"), *_pull_secret_facts(scene, pod)]
    return Verdict(
        State.STARTING,
        code,
        headline,
        since_s=time_at(pod, "status", "startTime"),
        facts=facts,
        evidence=[evidence],
        remedy=_remedy(scene, code, reason, container),
        will_retry=code is not Code.IMAGE_NAME_INVALID,
    )


def _cause(reason: str, message: str, image: str) -> tuple[Code, str]:
    if reason == "InvalidImageName":
        return Code.IMAGE_NAME_INVALID, f"{image} is no valid name of an image"
    if reason == "ErrImageNeverPull":
        return Code.IMAGE_NOT_FOUND, "the node does not have the image, and the pull policy Never forbids to fetch it"
    if reason == "RegistryUnavailable":
        return Code.IMAGE_REGISTRY_UNREACHABLE, "the registry cannot be reached"
    if reason == "SignatureValidationFailed":
        return Code.IMAGE_PULL_FAILED, "the image's signature is not accepted"
    return classify_pull_error(message, image)


def _evidence(scene: Scene, pod: Json, container: str, reason: str, message: str) -> Evidence:
    """The most telling words: since 1.31 the status repeats the error while it backs off, before only an event did."""
    about = f"Pod {name_of(pod)}"
    if reason != "ImagePullBackOff" or ": " in message:
        return Evidence(about, reason, message)
    events = [event for event in scene.pod_events(pod) if event.container in ("", container)]
    failed = latest(events, "Failed", saying="ailed to pull image")
    return failed.evidence() if failed is not None else Evidence(about, reason, message)


def _pull_secret_facts(scene: Scene, pod: Json) -> list[tuple[str, str]]:
    names = [text(each, "name") for each in objects(pod, "spec", "imagePullSecrets")]
    secrets = scene.seen.secrets
    missing = [name for name in names if secrets is not None and name in secrets and secrets[name] is None]
    event = latest(scene.pod_events(pod), "FailedToRetrieveImagePullSecret")
    if missing:
        return [("login", f"the Secret {missing[0]} does not exist")]
    if event is not None:
        return [("login", event.message)]
    return [("login", f"from the Secret {', '.join(names)}" if names else "none: the pod names no image pull secret")]


def _remedy(scene: Scene, code: Code, reason: str, container: str) -> list[str]:
    key = "kubernetes_config.weights_image" if container == WEIGHTS_CONTAINER else "image"
    if reason == "ErrImageNeverPull":
        return scene.then(scene.set_key("kubernetes_config.image_pull_policy", "to IfNotPresent"))
    if code in (Code.IMAGE_NOT_FOUND, Code.IMAGE_NAME_INVALID):
        begin, change = _REMEDIES[code]
        at_tag = "image_tag" if code is Code.IMAGE_NOT_FOUND else "image"
        named = key if container == WEIGHTS_CONTAINER else "image or image_tag"
        change = scene.set_key(named, change, at=key if container == WEIGHTS_CONTAINER else at_tag)
        return scene.then(f"{begin} {change}".strip())
    if code is Code.IMAGE_NOT_AUTHORIZED:
        return scene.then(
            f"check the name: {scene.set_key(key, 'to one that exists')}",
            "or give a login: "
            + scene.set_key("kubernetes_config.image_pull_secrets", "to a Secret that opens the registry"),
        )
    if code is Code.IMAGE_REGISTRY_UNREACHABLE:
        return [
            f"check the registry's name ({key} in the config) and the nodes' network; the node tries again by itself"
        ]
    if code is Code.DISK_FULL:
        return ["free the node's disk, or let the job run on another node"]
    return ["see the message; the node tries again by itself"]


def _image(pod: Json, container: str) -> str:
    for group in ("containers", "initContainers"):
        for spec in objects(pod, "spec", group):
            if text(spec, "name") == container:
                return text(spec, "image")
    return ""
