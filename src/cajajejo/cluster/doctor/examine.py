"""All checks, in the order in which a person would make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.doctor.accounts import check_priority_class, check_pull_secrets, check_service_account
from cajajejo.cluster.doctor.check import Check, Outcome, failed, skipped, warning
from cajajejo.cluster.doctor.claims import check_claims
from cajajejo.cluster.doctor.dry_run import check_dry_run
from cajajejo.cluster.doctor.limits import check_limits
from cajajejo.cluster.doctor.namespace import check_namespace
from cajajejo.cluster.doctor.nodes import check_nodes
from cajajejo.cluster.doctor.permissions import check_rights
from cajajejo.cluster.doctor.queue import check_queue
from cajajejo.cluster.doctor.quota import check_quota
from cajajejo.cluster.doctor.references import check_references
from cajajejo.cluster.doctor.server import check_login, check_server
from cajajejo.cluster.doctor.site import Json, Site
from cajajejo.cluster.doctor.storage import check_disks
from cajajejo.cluster.explain.reading import objects, text
from cajajejo.errors import ClusterError, ForbiddenError, MissingError, UnauthorizedError, UnreachableError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["examine"]

_Act = Callable[[Site], Iterable[Check]]

_IN_NAMESPACE: Final[Mapping[str, _Act]] = {
    "service account": check_service_account,
    "image pull secret": check_pull_secrets,
    "references": check_references,
    "claims": check_claims,
    "storage class": check_disks,
    "priority class": check_priority_class,
    "node": check_nodes,
    "quota": check_quota,
    "limits": check_limits,
    "queue": check_queue,
    "dry run": check_dry_run,
}
_AT_ONCE: Final = 6


def examine(api: Api, namespace: str, objects_of_job: Mapping[str, Json] | None = None) -> Iterator[Check]:
    """Yields one check after the other; the first that fails where the cluster cannot be asked is the last.

    Nothing is created, whatever they find.

    Args:
        api: The cluster.
        namespace: Where the job is to run.
        objects_of_job: The job's objects as they would be submitted, by kind; None where no job is meant.

    Raises:
        ClusterError: The server went away in between.
    """
    site = Site(api, namespace, objects_of_job or {})
    try:
        yield from check_server(site)
        yield from check_login(site)
        site = Site(api, namespace, site.objects, _served(api))
    except UnauthorizedError as error:
        yield failed("login", str(error), error.remedy)
        return
    except UnreachableError as error:
        yield failed("API server", str(error), "is the VPN up? is it the right context? `kubectl config get-contexts`")
        return
    yield from _guarded("rights", check_rights, site)
    found = _guarded("namespace", check_namespace, site)
    yield from found
    if not site.job:
        yield from _guarded("node", check_nodes, site)
        yield skipped("job", "no CONFIG was given", "cajajejo jobs doctor CONFIG looks whether its job could run")
    elif any(check.outcome is Outcome.FAILED and check.name == "namespace" for check in found):
        yield skipped("job", "nothing more can be said before there is a namespace for it")
    else:
        with Workers(_AT_ONCE, "doctor") as workers:
            for checks in workers.map(lambda item: _guarded(item[0], item[1], site), _IN_NAMESPACE.items()):
                yield from checks


def _guarded(name: str, act: _Act, site: Site) -> list[Check]:
    """One thing that the server cannot answer must not hide all others."""
    try:
        return list(act(site))
    except (UnauthorizedError, UnreachableError):
        raise
    except ClusterError as error:
        return [warning(name, f"could not be looked at: {error.server_message or error}")]


def _served(api: Api) -> frozenset[str] | None:
    """The names of the API groups that the server has."""
    try:
        groups = api.get("/apis")
    except (ForbiddenError, MissingError):
        return None
    return frozenset(text(group, "name") for group in objects(groups, "groups"))
