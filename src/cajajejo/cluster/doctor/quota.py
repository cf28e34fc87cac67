"""Head-room in the namespace's quotas."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.demand import demand_of
from cajajejo.cluster.doctor.site import Json, Site, Unseen
from cajajejo.cluster.explain.amounts import amount
from cajajejo.cluster.explain.reading import mapping, name_of, objects, text, texts

__all__ = ["check_quota", "quota_check"]


def check_quota(site: Site) -> Iterator[Check]:
    """Yields for each quota of the namespace whether it has room for the job."""
    name = "quota"
    found = site.look("quotas", in_namespace(site.namespace, "resourcequotas"))
    if isinstance(found, Unseen):
        yield found.check(name, "whether the quota leaves room for the job")
        return
    quotas = list(objects(found, "items"))
    if not quotas:
        yield ok(name, f"namespace {site.namespace} has none")
        return
    limits = site.look("limit ranges", in_namespace(site.namespace, "limitranges"))
    given = set() if isinstance(limits, Unseen) else {key for item in objects(limits, "items") for key in _given(item)}
    for quota in quotas:
        yield quota_check(quota, site.job, given)


def quota_check(quota: Json, job: Json, given: Collection[str] = ()) -> Check:
    """Returns whether a quota has room for a job.

    Args:
        quota: The ResourceQuota.
        job: The Job.
        given: What a LimitRange gives to each container, such as `limits.cpu`.
    """
    name, own = "quota", name_of(quota)
    pod = mapping(job, "spec", "template", "spec")
    if not _concerns(quota, pod):
        return ok(name, f"{own} is not about jobs like this one")
    hard, used = texts(quota, "status", "hard") or texts(quota, "spec", "hard"), texts(quota, "status", "used")
    too_much: list[str] = []
    not_now: list[str] = []
    room: list[str] = []
    for resource, wanted in demand_of(job).items():
        limit, taken = amount(hard.get(resource)), amount(used.get(resource, "0")) or Decimal(0)
        if limit is None or wanted == 0:
            continue
        line = f"{resource}: asked {wanted:f}, limit {hard[resource]}, used {used.get(resource, '0')}"
        (too_much if wanted > limit else not_now if wanted > limit - taken else room).append(line)
    unsaid = [f"{resource} must be given" for resource in _unsaid(hard, pod, given)]
    if too_much or unsaid:
        return failed(name, f"{own}: {'; '.join((*too_much, *unsaid))}", "ask for less, or have the quota raised")
    if not_now:
        return warning(name, f"{own}: {'; '.join(not_now)}: the job would wait until others end", "cajajejo jobs list")
    return ok(name, f"{own} has room ({'; '.join(room)})" if room else f"{own} does not limit what the job asks for")


def _concerns(quota: Json, pod: Json) -> bool:
    """Whether all scopes of a quota match a pod that asks for CPU and memory."""
    ends = "activeDeadlineSeconds" in pod
    fits = {"Terminating": ends, "NotTerminating": not ends, "BestEffort": False, "NotBestEffort": True}
    scopes = quota.get("spec", {}).get("scopes") or ()
    if not all(fits.get(scope, True) for scope in scopes):
        return False
    priority = pod.get("priorityClassName")
    return all(_selects(rule, fits, priority) for rule in objects(quota, "spec", "scopeSelector", "matchExpressions"))


def _selects(rule: Json, fits: Mapping[str, bool], priority: object) -> bool:
    if rule.get("scopeName") != "PriorityClass":
        return fits.get(str(rule.get("scopeName")), True)
    values = rule.get("values") or ()
    match rule.get("operator"):
        case "In":
            return priority in values
        case "NotIn":
            return priority not in values
        case "Exists":
            return priority is not None
        case _:
            return priority is None


def _given(limit_range: Json) -> Iterator[str]:
    """What a LimitRange gives to containers that do not say it."""
    for limit in objects(limit_range, "spec", "limits"):
        if limit.get("type") == "Container":
            for resource in texts(limit, "default"):
                yield from (f"limits.{resource}", f"requests.{resource}")
            yield from (f"requests.{resource}" for resource in texts(limit, "defaultRequest"))


def _unsaid(hard: Mapping[str, str], pod: Json, given_anyway: Collection[str]) -> Iterator[str]:
    """Requests and limits of CPU and memory that a quota makes each container give."""
    for resource in hard:
        part, _, what = resource.rpartition(".") if "/" not in resource else ("", "", "")
        kind = {"limits": "limits", "requests": "requests", "": "requests"}.get(part)
        if what not in ("cpu", "memory") or kind is None or f"{kind}.{what}" in given_anyway:
            continue
        for container in (*objects(pod, "initContainers"), *objects(pod, "containers")):
            given = mapping(container, "resources", kind)
            # The server takes a limit for the request where only that is given.
            if what not in given and not (kind == "requests" and what in mapping(container, "resources", "limits")):
                yield f"{kind}.{what} of container {text(container, 'name')}"
