"""The options that say which cluster, and the way to it; shared by all commands that ask one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cajajejo.cluster.api import Api

__all__ = ["ContextOption", "KubeconfigOption", "NamespaceOption", "open_api"]

ContextOption = Annotated[
    str | None, typer.Option("--context", help="Context of the kubeconfig. Default: the current.")
]
NamespaceOption = Annotated[
    str | None, typer.Option("--namespace", "-n", help="Namespace. Default: that of the config, else of the context.")
]
KubeconfigOption = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="Kubeconfig file. Default: KUBECONFIG, ~/.kube/config, or the pod's own login."),
]


def open_api(context: str | None, namespace: str | None, kubeconfig: Path | None) -> Api:
    """Returns the way to the cluster that the options mean; asks nothing of it yet."""
    from cajajejo.cluster.api import Api
    from cajajejo.cluster.connection import ClusterOptions, connect

    return Api(connect(ClusterOptions(kubeconfig=kubeconfig, context=context, namespace=namespace)))
