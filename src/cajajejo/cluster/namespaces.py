"""Whether a namespace exists: lists of what is in one that does not are empty, and no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cajajejo.cluster.client.api import METADATA_ONLY, METADATA_ONLY_LIST
from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.cluster.jobs import name_of
from cajajejo.errors import ClusterError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["require_namespace"]

_NOT_WORTH_MORE_S = 3.0


def require_namespace(api: Api, namespace: str) -> None:
    """Raises where the server says that there is no such namespace; whoever may not ask is taken at his word.

    Args:
        api: The cluster.
        namespace: The namespace.

    Raises:
        MissingError: There is none of that name.
    """
    try:
        api.get(cluster_wide("namespaces", namespace), accept=METADATA_ONLY, give_up_after_s=_NOT_WORTH_MORE_S)
    except MissingError as error:
        # What stands before a server may answer 404, too.
        if error.server_message == f"there is no namespace {namespace}":
            raise _missing(api, namespace) from error
    except ClusterError:
        return


def _missing(api: Api, namespace: str) -> MissingError:
    # The package `config` takes a tenth of a second.
    from cajajejo.config.suggest import nearest

    try:
        answer = api.get(cluster_wide("namespaces"), accept=METADATA_ONLY_LIST, give_up_after_s=_NOT_WORTH_MORE_S)
        guess = nearest(namespace, [name_of(item) for item in answer.get("items") or ()])
    except ClusterError:
        guess = None
    remedy = "give another --namespace, or --all-namespaces for all"
    return MissingError(
        f"there is no namespace {namespace}",
        status=404,
        reason="NotFound",
        remedy=f"did you mean {guess}? {remedy[0].upper()}{remedy[1:]}" if guess else remedy,
    )
