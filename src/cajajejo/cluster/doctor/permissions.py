"""Each right of the table, asked of the server."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.server import who_am_i
from cajajejo.cluster.doctor.site import Json, Site
from cajajejo.cluster.rights import CLUSTER_RIGHTS, NAMESPACE_RIGHTS, Right
from cajajejo.errors import ClusterError

__all__ = ["check_rights", "may_create_classes", "may_create_pods"]

_AT_ONCE = 12
"""Requests; the server thinks little about each, and the pool of connections has some left."""


@dataclass(frozen=True)
class _Question:
    group: str
    resource: str
    verb: str
    namespace: str | None


def check_rights(site: Site) -> Iterator[Check]:
    """Yields for each right of the table whether the login has it."""
    asked: list[tuple[Right, str | None]] = [(right, site.namespace) for right in NAMESPACE_RIGHTS]
    asked += [(right, None) for right in CLUSTER_RIGHTS]
    # A right to what the cluster does not have is no loss.
    asked = [(right, namespace) for right, namespace in asked if site.serves(right.group)]
    questions = [question for right, namespace in asked for question in _questions(right, namespace)]
    with Workers(_AT_ONCE, "rights") as workers:
        answers = dict(zip(questions, workers.map(lambda item: _ask(site, item), questions), strict=True))
    subject = _subject_option(site)
    for right, namespace in asked:
        lacking = [question.verb for question in _questions(right, namespace) if not answers[question]]
        yield _check(right, namespace, lacking, subject)


def may_create_classes(site: Site) -> bool:
    """Returns whether the login may make a StorageClass."""
    return _ask(site, _Question("storage.k8s.io", "storageclasses", "create", None))


def may_create_pods(site: Site) -> bool:
    """Returns whether the login may make pods, which a dry run of one takes."""
    return _ask(site, _Question("", "pods", "create", site.namespace))


def _questions(right: Right, namespace: str | None) -> list[_Question]:
    return [_Question(right.group, right.resource, verb, namespace) for verb in right.verbs]


def _ask(site: Site, question: _Question) -> bool:
    resource, _, part = question.resource.partition("/")
    wanted = {"group": question.group, "resource": resource, "subresource": part, "verb": question.verb}
    if question.namespace is not None:
        wanted["namespace"] = question.namespace
        if resource == "namespaces":
            wanted["name"] = question.namespace
    review: Json = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    answer = site.api.create(cluster_wide("selfsubjectaccessreviews"), review)
    return bool(answer.get("status", {}).get("allowed"))


def _check(right: Right, namespace: str | None, lacking: Sequence[str], subject: str) -> Check:
    name = "rights"
    where = "in all namespaces" if namespace is None else f"in namespace {namespace}"
    if not lacking:
        return ok(name, f"{', '.join(right.verbs)} {right.kind} {where}")
    remedy = (
        f"ask an administrator for: cajajejo jobs rbac {f'-n {namespace}' if namespace else '--cluster'}"
        f"{subject} | kubectl apply -f -"
    )
    text = f"may not {', '.join(lacking)} {right.kind} {where}: {right.purpose}"
    if right.needed:
        return failed(name, text, remedy)
    return warning(name, text, remedy)


def _subject_option(site: Site) -> str:
    """Names who asks, for the command that an administrator would run."""
    try:
        user = str((who_am_i(site) or {}).get("username", ""))
    except ClusterError:
        return ""
    account = user.removeprefix("system:serviceaccount:")
    subject = f"serviceaccount:{account}" if account != user else f"user:{user}"
    return f" --subject {shlex.quote(subject)}" if user else ""
