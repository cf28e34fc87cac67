"""The options that say which cluster, and the way to it; shared by all commands that ask one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.errors import ClusterError

__all__ = [
    "ContextOption",
    "KubeconfigOption",
    "NamespaceOption",
    "open_api",
    "retry_teller",
    "slow_teller",
]

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
_TOLD_AFTER_S = 1.0
_TOLD_EVERY_S = 20.0


def open_api(context: str | None, namespace: str | None, kubeconfig: Path | None) -> Api:
    """Returns the way to the cluster that the options mean; asks nothing of it yet."""
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.client.connection import ClusterOptions, connect

    options = ClusterOptions(kubeconfig=kubeconfig, context=context, namespace=namespace)
    connection = connect(options, tell=lambda text: write_error(f"{visible(text)}\n"))
    return Api(connection, on_retry=retry_teller(), on_slow=slow_teller(connection.server))


def retry_teller(clock: Callable[[], float] = time.monotonic) -> Callable[[ClusterError, float], None]:
    """Returns what says on stderr, now and then, that the server is away, once it is for longer than a moment.

    Args:
        clock: Seconds that only ever grow.
    """
    from cajajejo.cli.streams import visible, write_error

    told_at_s = float("-inf")

    def tell(error: ClusterError, spent_s: float) -> None:
        nonlocal told_at_s
        if spent_s >= _TOLD_AFTER_S and clock() - told_at_s >= _TOLD_EVERY_S:
            told_at_s = clock()
            write_error(f"{visible(str(error))}; trying again\n")

    return tell


def slow_teller(server: str) -> Callable[[str, float], None]:
    """Returns what says on stderr, once, that the server takes long to answer.

    Args:
        server: Its address.
    """
    from cajajejo.cli.streams import visible, write_error

    told = False

    def tell(asked: str, waited_s: float) -> None:
        nonlocal told
        if not told:
            told = True
            write_error(f"{visible(server)} has not answered {visible(asked)} for {waited_s:.0f} s; still waiting\n")

    return tell
