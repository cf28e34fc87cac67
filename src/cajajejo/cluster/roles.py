"""Roles and their bindings as YAML with a comment for each rule, ready for `kubectl apply`. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cajajejo.cluster.rights import CLUSTER_RIGHTS, NAMESPACE_RIGHTS, Right, right_to_secrets
from cajajejo.errors import BadInputError
from cajajejo.pod_protocol import MANAGED_BY, MANAGED_BY_LABEL

__all__ = ["ROLE_NAME", "Subject", "cluster_role_text", "parse_subject", "role_text"]

ROLE_NAME: Final = "cajajejo-jobs"

_RBAC = "rbac.authorization.k8s.io"
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_FORMS = "user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME"


@dataclass(frozen=True)
class Subject:
    """Whom a Role is given to.

    Attributes:
        kind: As RBAC has it.
        name: Its name.
        namespace: That of a service account, else "".
    """

    kind: Literal["User", "Group", "ServiceAccount"]
    name: str
    namespace: str = ""


def parse_subject(text: str) -> Subject:
    """Returns whom a text means.

    Args:
        text: `user:NAME`, `group:NAME` or `serviceaccount:NAMESPACE:NAME`.

    Raises:
        BadInputError: It is none of these.
    """
    kind, _, name = text.partition(":")
    if not name or not name.isprintable() or len(name) > 500:
        raise BadInputError(f"{text!r} is not a subject of a Role", remedy=f"give {_FORMS}")
    if kind == "user":
        return Subject("User", name)
    if kind == "group":
        return Subject("Group", name)
    namespace, _, account = name.partition(":")
    if kind == "serviceaccount" and _DNS_NAME.fullmatch(namespace) and _DNS_NAME.fullmatch(account):
        return Subject("ServiceAccount", account, namespace)
    raise BadInputError(f"{text!r} is not a subject of a Role", remedy=f"give {_FORMS}")


def role_text(namespace: str, subjects: Sequence[Subject] = (), secrets: Sequence[str] = ()) -> str:
    """Returns the smallest Role that the commands need in a namespace, and its bindings.

    Args:
        namespace: The namespace of the jobs.
        subjects: Whom the Role is given to; nobody: no binding.
        secrets: Secrets whose keys `jobs doctor` and `jobs why` may look at.

    Raises:
        BadInputError: A name is not one that Kubernetes takes.
    """
    _check_names("namespace", [namespace])
    _check_names("Secret", secrets)
    rights = (*NAMESPACE_RIGHTS, *([right_to_secrets(secrets)] if secrets else []))
    lines = [
        f"# What the commands of cajajejo need in namespace {namespace}. What is optional only shows more.",
        "# Secrets: who may see their keys may see their values, so that --secret NAME has to ask for it.",
        "# Nodes, disk classes and other namespaces are apart: cajajejo jobs rbac --cluster",
        *_head("Role", ROLE_NAME, namespace),
        *_rules(rights),
    ]
    for subject in subjects:
        lines += ["---", *_binding("RoleBinding", "Role", subject, namespace)]
    return "\n".join(lines) + "\n"


def cluster_role_text(subjects: Sequence[Subject] = ()) -> str:
    """Returns the optional ClusterRole, and its bindings.

    Args:
        subjects: Whom it is given to; nobody: no binding.
    """
    lines = [
        "# Optional: what the commands of cajajejo may see of the whole cluster. Without it they say what they may",
        "# not see: which node could run a job, who holds the GPUs, jobs of other namespaces.",
        *_head("ClusterRole", ROLE_NAME),
        *_rules(CLUSTER_RIGHTS),
    ]
    for subject in subjects:
        lines += ["---", *_binding("ClusterRoleBinding", "ClusterRole", subject)]
    return "\n".join(lines) + "\n"


def _check_names(what: str, names: Sequence[str]) -> None:
    for name in names:
        if not _DNS_NAME.fullmatch(name):
            raise BadInputError(
                f"{name!r} is not the name of a {what}", remedy="names have lower-case letters, digits, - and ."
            )


def _head(kind: str, name: str, namespace: str | None = None) -> Iterator[str]:
    yield f"apiVersion: {_RBAC}/v1"
    yield f"kind: {kind}"
    yield "metadata:"
    yield f"  name: {_quoted(name)}"
    if namespace is not None:
        yield f"  namespace: {_quoted(namespace)}"
    yield "  labels:"
    yield f"    {MANAGED_BY_LABEL}: {MANAGED_BY}"


def _rules(rights: Sequence[Right]) -> Iterator[str]:
    yield "rules:"
    for right in rights:
        yield f"# {'' if right.needed else 'optional: '}{right.purpose}"
        yield f"- apiGroups: {_listed([right.group])}"
        yield f"  resources: {_listed([right.resource])}"
        if right.names:
            yield f"  resourceNames: {_listed(right.names)}"
        yield f"  verbs: {_listed(right.verbs)}"


def _binding(kind: str, role: str, subject: Subject, namespace: str | None = None) -> Iterator[str]:
    yield from _head(kind, _binding_name(subject), namespace)
    yield "roleRef:"
    yield f"  apiGroup: {_RBAC}"
    yield f"  kind: {role}"
    yield f"  name: {_quoted(ROLE_NAME)}"
    yield "subjects:"
    yield f"- kind: {subject.kind}"
    yield f"  name: {_quoted(subject.name)}"
    yield f"  namespace: {_quoted(subject.namespace)}" if subject.namespace else f"  apiGroup: {_RBAC}"


def _binding_name(subject: Subject) -> str:
    """One binding for each subject, so that a second one does not replace the first; only what a path may hold."""
    whole = ":".join(part for part in (subject.kind.lower(), subject.namespace, subject.name) if part)
    plain = re.sub(r"[^A-Za-z0-9.@_:-]", "-", whole)
    if plain != whole or len(plain) > 180:
        plain = f"{plain[:160]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
    return f"{ROLE_NAME}:{plain}"


def _listed(values: Sequence[str]) -> str:
    return f"[{', '.join(_quoted(value) for value in values)}]"


def _quoted(text: str) -> str:
    """A JSON string is a YAML string; what JSON would write as two halves of a surrogate pair stays as it is."""
    return json.dumps(text, ensure_ascii=False)
