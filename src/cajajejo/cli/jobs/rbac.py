"""`cajajejo jobs rbac`: the rights that the commands need, for whoever may give them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption
from cajajejo.errors import BadInputError

__all__ = ["rbac_command"]


def rbac_command(
    subject: Annotated[
        list[str] | None,
        typer.Option(
            help="Whom to give it to: user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME. May be repeated.",
            show_default=False,
        ),
    ] = None,
    cluster: Annotated[
        bool,
        typer.Option("--cluster", help="Print the optional ClusterRole instead: nodes, disk classes, all namespaces."),
    ] = False,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            help="A Secret whose keys may be looked at; that shows its values, too. May be repeated.",
            show_default=False,
        ),
    ] = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Print the smallest Role that all commands need; the cluster is not asked.

        cajajejo jobs rbac -n evaluations --subject group:researchers | kubectl apply -f -

    With --cluster the optional ClusterRole: without it, commands say what they may not see.
    """
    from cajajejo.cluster.roles import cluster_role_text, parse_subject, role_text

    subjects = [parse_subject(text) for text in subject or ()]
    if cluster:
        if secret:
            raise typer.BadParameter("--secret belongs to the Role, not to --cluster")
        typer.echo(cluster_role_text(subjects), nl=False)
        return
    where = _namespace(namespace, context, kubeconfig)
    typer.echo(role_text(where, subjects, secret or ()), nl=False)


def _namespace(namespace: str | None, context: str | None, kubeconfig: Path | None) -> str:
    """The namespace that is meant, without asking a cluster; as kubectl has it where no cluster is configured."""
    if namespace is not None:
        return namespace
    from cajajejo.cluster.client.connection import ClusterOptions, connect

    try:
        return connect(ClusterOptions(kubeconfig=kubeconfig, context=context)).namespace
    except BadInputError:
        if context is not None or kubeconfig is not None:
            raise
        return "default"
