"""Which cluster, as whom: kubeconfig, in-cluster login, and the transport of the official client."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cajajejo.errors import BadInputError, UnauthorizedError

if TYPE_CHECKING:
    import urllib3

__all__ = ["ClusterOptions", "Connection", "connect"]

_TOKEN_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_CONNECTIONS = 16


@dataclass(frozen=True)
class ClusterOptions:
    """Which cluster the user means; None leaves it to the environment.

    Attributes:
        kubeconfig: Path of a kubeconfig file; by default KUBECONFIG, ~/.kube/config, the pod's own login.
        context: A context of it.
        namespace: The namespace; by default the context's, else `default`.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    namespace: str | None = None


class _Settings(Protocol):
    """The part of `kubernetes.client.Configuration` that is used."""

    host: str

    def auth_settings(self) -> Mapping[str, Mapping[str, Any]]: ...


class Connection:
    """A way to an API server: where it is, how to log in, and a pool of connections.

    Attributes:
        server: Address of the API server, without a path.
        namespace: The namespace that is meant where nothing else is said.
        context: Name of the kubeconfig's context, or None in a cluster.
    """

    def __init__(self, settings: _Settings, pool: urllib3.PoolManager, *, namespace: str, context: str | None) -> None:
        self.server = settings.host.rstrip("/")
        self.namespace = namespace
        self.context = context
        self.pool = pool
        self._settings = settings

    def headers(self) -> dict[str, str]:
        """Returns the headers of the login, renewed where it runs out."""
        return {
            str(setting["key"]): str(setting["value"])
            for setting in self._settings.auth_settings().values()
            if setting.get("in") == "header" and setting.get("value")
        }


def connect(options: ClusterOptions) -> Connection:
    """Reads the kubeconfig, or the pod's own login; asks nothing of the server yet.

    Raises:
        BadInputError: There is no usable kubeconfig, or no such context.
        UnauthorizedError: The kubeconfig's login command failed.
    """
    from kubernetes.client import Configuration
    from kubernetes.client.rest import RESTClientObject
    from kubernetes.config import ConfigException, list_kube_config_contexts, load_incluster_config, load_kube_config

    settings = Configuration()
    file = _kubeconfig(options)
    try:
        if file is None:
            load_incluster_config(settings)
            context, namespace = None, (_TOKEN_FOLDER / "namespace").read_text().strip()
        else:
            contexts, active = list_kube_config_contexts(file)
            chosen = next((item for item in contexts if item["name"] == options.context), None)
            if options.context is not None and chosen is None:
                names = ", ".join(str(item["name"]) for item in contexts)
                raise BadInputError(f"{file} has no context {options.context}", remedy=f"one of: {names}")
            load_kube_config(file, context=options.context, client_configuration=settings)
            current = chosen or active
            context, namespace = str(current["name"]), str(current["context"].get("namespace") or "default")
    except ConfigException as exc:
        raise _login_error(exc, file) from exc
    pool = RESTClientObject(settings, maxsize=_CONNECTIONS).pool_manager
    return Connection(settings, pool, namespace=options.namespace or namespace, context=context)


def _kubeconfig(options: ClusterOptions) -> str | None:
    """The kubeconfig to read (several, joined by `:`, as kubectl has it), or None for the pod's own login."""
    if options.kubeconfig is not None:
        if not options.kubeconfig.is_file():
            raise BadInputError(f"there is no kubeconfig at {options.kubeconfig}", remedy="give another --kubeconfig")
        return str(options.kubeconfig)
    if named := os.environ.get("KUBECONFIG"):
        return named
    usual = Path.home() / ".kube" / "config"
    if usual.is_file():
        return str(usual)
    if (_TOKEN_FOLDER / "token").is_file():
        return None
    raise BadInputError(
        "no cluster is configured: there is no KUBECONFIG, no ~/.kube/config, and this is not a pod",
        remedy="log in to the cluster (for GKE: gcloud container clusters get-credentials …), or give --kubeconfig",
    )


def _login_error(error: Exception, file: str | None) -> BadInputError | UnauthorizedError:
    where = f"{file}: " if file else ""
    if "exec" in str(error) or "expired" in str(error):
        return UnauthorizedError(f"{where}{error}", remedy="log in to the cluster again")
    return BadInputError(f"{where}{error}", remedy="mend the kubeconfig; `kubectl config view` shows it")
