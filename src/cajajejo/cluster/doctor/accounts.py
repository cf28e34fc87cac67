"""What the job's pods name of their namespace: service account, image pull secrets, priority class."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import cluster_wide, in_namespace
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.site import Site, Unseen

__all__ = ["check_priority_class", "check_pull_secrets", "check_service_account", "secret_remedy"]

_PULL_TYPES = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}


def check_service_account(site: Site) -> Iterator[Check]:
    """Yields whether the account that the pods run as exists."""
    name = "service account"
    account = str(site.pod.get("serviceAccountName") or "default")
    found = site.look("service accounts", in_namespace(site.namespace, "serviceaccounts", account))
    if isinstance(found, Unseen):
        yield found.check(name, f"whether {account} exists")
    elif found is None:
        remedy = (
            f"kubectl -n {site.namespace} create serviceaccount {account}, or set kubernetes_config.service_account"
        )
        yield failed(name, f"there is no service account {account} in namespace {site.namespace}", remedy)
    else:
        yield ok(name, f"{account} exists")


def check_pull_secrets(site: Site) -> Iterator[Check]:
    """Yields for each image pull secret whether it exists and is one."""
    for reference in site.pod.get("imagePullSecrets") or ():
        yield _pull_secret(site, str(reference.get("name")))


def _pull_secret(site: Site, secret: str) -> Check:
    name = "image pull secret"
    found = site.look(f"Secret {secret}", in_namespace(site.namespace, "secrets", secret))
    if isinstance(found, Unseen):
        return warning(name, f"may not see Secret {secret}: whether it exists stays unknown", secret_remedy(secret))
    if found is None:
        remedy = f"kubectl -n {site.namespace} create secret docker-registry {secret} …"
        return failed(name, f"there is no Secret {secret} in namespace {site.namespace}", remedy)
    kind = str(found.get("type"))
    key = _PULL_TYPES.get(kind)
    if key is None:
        expected = next(iter(_PULL_TYPES))
        return failed(
            name,
            f"Secret {secret} is of type {kind}, not {expected}",
            f"kubectl -n {site.namespace} create secret docker-registry … makes one of the right type",
        )
    if not (found.get("data") or {}).get(key):
        return failed(name, f"Secret {secret} has no {key}", "make it anew")
    return ok(name, f"{secret} exists, of type {kind}")


def secret_remedy(secret: str) -> str:
    """Returns what to do where a Secret may not be seen."""
    return f"`cajajejo jobs rbac --secret {secret}` prints the right; it shows the Secret's values, too"


def check_priority_class(site: Site) -> Iterator[Check]:
    """Yields whether the priority class exists, where one is named."""
    name = "priority class"
    wanted = site.pod.get("priorityClassName")
    if not wanted:
        return
    found = site.look("priority classes", cluster_wide("priorityclasses", str(wanted)))
    if isinstance(found, Unseen):
        yield found.check(name, f"whether {wanted} exists")
    elif found is None:
        yield failed(name, f"there is no priority class {wanted}", "set kubernetes_config.priority_class")
    else:
        yield ok(name, f"{wanted} exists, value {found.get('value')}")
