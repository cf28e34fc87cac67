"""Pods that the API server refuses to make: what stood in their way.

The messages are those of kube-apiserver 1.29 to 1.35 (its admission plugins), passed on by the Job controller in events
FailedCreate, and by the ephemeral volume controller in events FailedBinding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from cajajejo.cluster.explain.events import Event, latest
from cajajejo.cluster.explain.reading import strings
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.spelling import listed_names, nearest_of
from cajajejo.cluster.explain.verdict import Code, State, Verdict

__all__ = ["explain_no_pod", "explain_refusal"]

_WRAPPING = re.compile(
    r'(?:Error creating: |ephemeral volume \S+: |create PVC \S+: )|(?:[a-z]+ "[^"]*" is forbidden: )'
)
_FORBIDDEN = re.compile(r'[a-z]+ "[^"]*" is forbidden: |\S+ "[^"]*" is invalid: ')
_KEYS = {
    "cpu": "compute_config.cpu",
    "memory": "compute_config.memory",
    "nvidia.com/gpu": "compute_config.gpus",
    "storage": "kubernetes_config.storage.size",
}


def explain_no_pod(scene: Scene) -> Verdict | None:
    """Returns why the Job controller cannot make the Job's next pod, or None where it does not say so."""
    refused = latest(scene.job_events, "FailedCreate")
    made = latest(scene.job_events, "SuccessfulCreate")
    if refused is None or (made is not None and (made.last_s or 0.0) > (refused.last_s or 0.0)):
        return None
    return explain_refusal(scene, refused)


def explain_refusal(scene: Scene, refused: Event) -> Verdict:
    """Returns what a refusal by the API server means."""
    said = refused.message
    # The plugin's own words are at the start; a webhook may quote any words after that.
    while (match := _WRAPPING.match(said)) is not None:
        said = said[match.end() :]
    verdict = next((found for room in _ROOMS if (found := room(scene, said)) is not None), None)
    if verdict is None:
        verdict = _other(refused.message, said)
    return replace(
        verdict,
        since_s=refused.first_s,
        evidence=[refused.evidence()],
        will_retry=True,
    )


def _quota(scene: Scene, said: str) -> Verdict | None:
    match = re.match(r"exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: (.*)", said, re.DOTALL)
    if match is None:
        short = re.match(r"insufficient quota to (?:consume|match these scopes): (.*)", said, re.DOTALL)
        if short is None:
            return None
        return Verdict(State.PENDING, Code.QUOTA_EXCEEDED, f"no quota allows it: {short[1]}")
    quota, requested, used, limited = match[1], *(_amounts(match[index]) for index in (2, 3, 4))
    facts = [
        ("quota", f"{quota}: {name} {used.get(name, '?')} used of {limit}; {requested.get(name, '?')} asked")
        for name, limit in limited.items()
    ]
    keys = dict.fromkeys(_KEYS[kind] for name in limited if (kind := _kind(name)) in _KEYS)
    steps = [scene.set_key(key, "lower") for key in keys]
    return Verdict(
        State.PENDING,
        Code.QUOTA_EXCEEDED,
        f"the quota {quota} of namespace {scene.seen.namespace} is used up",
        facts=facts,
        remedy=[
            "wait until other jobs of the namespace end, or have the quota raised",
            *(f"or {each}" for each in steps),
        ],
    )


def _quota_wants_limits(scene: Scene, said: str) -> Verdict | None:
    match = re.match(r"failed quota: ([^:]+): must specify (.*)", said, re.DOTALL)
    if match is None:
        return None
    return Verdict(
        State.PENDING,
        Code.POD_REFUSED,
        f"the quota {match[1]} wants each container to say more: {match[2]}",
        remedy=[f"have a LimitRange with defaults made in namespace {scene.seen.namespace}"],
    )


def _service_account(scene: Scene, said: str) -> Verdict | None:
    match = re.match(r'error looking up service account ([^/]*)/([^:]*): serviceaccount "[^"]*" not found', said)
    if match is None:
        return None
    namespace, name = match[1], match[2]
    known = None if scene.seen.service_accounts is None else strings(scene.seen.service_accounts)
    if known is not None and name in known:
        return Verdict(
            State.PENDING,
            Code.STARTING,
            f"the service account {name} was missing and exists by now",
            healthy=True,
        )
    facts = [("asked", f"service account {name} in namespace {namespace}")]
    if known is not None:
        facts.append(("found", listed_names(known)))
    near = nearest_of(name, known or ())
    change = f"to {near or 'one that exists'}"
    return Verdict(
        State.PENDING,
        Code.SERVICE_ACCOUNT_MISSING,
        f"the service account {name} does not exist in namespace {namespace}",
        facts=facts,
        remedy=[
            "make it; the job goes on by itself:",
            f"kubectl create serviceaccount {name} --namespace {namespace}",
            *scene.then(f"or {scene.set_key('kubernetes_config.service_account', change)}"),
        ],
    )


def _priority_class(scene: Scene, said: str) -> Verdict | None:
    match = re.match(r"no PriorityClass with name (\S+) was found", said)
    if match is None:
        return None
    return Verdict(
        State.PENDING,
        Code.PRIORITY_CLASS_MISSING,
        f"the priority class {match[1]} does not exist",
        remedy=[
            "see which there are:",
            "kubectl get priorityclasses",
            *scene.then(scene.set_key("kubernetes_config.priority_class", "to one of them")),
        ],
    )


def _pod_security(scene: Scene, said: str) -> Verdict | None:
    match = re.match(r'violates PodSecurity "([^"]+)": (.*)', said, re.DOTALL)
    # OpenShift's own admission plugin.
    openshift = re.match(r"unable to validate against any security context constraint: (.*)", said, re.DOTALL)
    if match is None and openshift is None:
        return None
    level = match[1].partition(":")[0] if match else "the security context constraints"
    faults = match[2] if match else (openshift[1] if openshift else "")
    facts = [("violates", fault) for fault in re.split(r", (?=[A-Za-z][\w. ]*(?: != \w+| \())", faults)[:8]]
    return Verdict(
        State.PENDING,
        Code.POD_SECURITY,
        f"namespace {scene.seen.namespace} only takes pods that are {level}, and this one is not"
        if match
        else "no security context constraint allows this pod",
        facts=facts,
        remedy=scene.then(
            "render the job anew: what cajajejo renders keeps to restricted; undo what was changed by hand",
        ),
    )


def _limit_range(scene: Scene, said: str) -> Verdict | None:
    if not re.match(r"\[?(?:maximum|minimum) \S+ usage per |\[?\S+ max limit to request ratio per ", said):
        return None
    keys = [_KEYS[name] for name in ("cpu", "memory", "storage") if re.search(rf"(?:imum |\[){name} ", said)]
    steps = [scene.set_key(key, "within those bounds") for key in keys] or ["keep within those bounds"]
    return Verdict(
        State.PENDING,
        Code.LIMIT_RANGE,
        f"a LimitRange of namespace {scene.seen.namespace} forbids it: {said}",
        remedy=scene.then(*steps),
    )


def _webhook(scene: Scene, said: str) -> Verdict | None:
    denied = re.match(
        r'admission webhook "([^"]+)" denied the request(?::| without explanation)\s*(.*)', said, re.DOTALL
    )
    if denied is not None:
        return Verdict(
            State.PENDING,
            Code.WEBHOOK_REFUSED,
            f"the admission webhook {denied[1]} refuses the pod",
            facts=[("it says", " ".join(denied[2].split()))] if denied[2] else [],
            remedy=scene.then("do what it asks for, or ask those who run it"),
        )
    failed = re.match(r'Internal error occurred: failed calling webhook "([^"]+)": (.*)', said, re.DOTALL)
    if failed is None:
        return None
    return Verdict(
        State.PENDING,
        Code.WEBHOOK_REFUSED,
        f"the admission webhook {failed[1]} cannot be reached, and no pod is made without it",
        remedy=["ask those who run it; the job goes on by itself when it is back"],
    )


def _policy(scene: Scene, said: str) -> Verdict | None:
    match = re.match(
        r"ValidatingAdmissionPolicy '([^']+)'(?: with binding '[^']+')? denied request: (.*)", said, re.DOTALL
    )
    if match is None:
        return None
    return Verdict(
        State.PENDING,
        Code.POD_REFUSED,
        f"the admission policy {match[1]} refuses the pod",
        facts=[("it says", match[2])],
        remedy=scene.then("do what it asks for, or ask those who run the cluster"),
    )


_ROOMS: tuple[Callable[[Scene, str], Verdict | None], ...] = (
    _quota,
    _quota_wants_limits,
    _service_account,
    _priority_class,
    _pod_security,
    _limit_range,
    _webhook,
    _policy,
)


def _other(message: str, said: str) -> Verdict:
    if "because it is being terminated" in said:
        return Verdict(State.PENDING, Code.POD_REFUSED, "its namespace is being deleted")
    if _FORBIDDEN.search(message):
        return Verdict(State.PENDING, Code.POD_REFUSED, "the API server refuses its pod")
    # Such as a timeout of etcd: nothing that the pod could do about.
    return Verdict(State.PENDING, Code.UNKNOWN, "its pod could not be made")


def _amounts(listing: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in listing.split(","))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _kind(resource: str) -> str:
    """`requests.cpu`, `limits.cpu` and `cpu` are all about CPU."""
    for prefix in ("requests.", "limits."):
        resource = resource.removeprefix(prefix)
    return resource
