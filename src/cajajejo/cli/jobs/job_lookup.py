"""From a job's name on the command line to the job; shared by the commands that look at one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.explain.observation import Observation
    from cajajejo.cluster.explain.verdict import Verdict
    from cajajejo.cluster.lookup import Found
    from cajajejo.cluster.submission.submissions import Submission

__all__ = ["Asked", "judge", "look_up_job"]


@dataclass(frozen=True)
class Asked:
    """The cluster that was asked, and what it and this machine know of a name."""

    api: Api
    found: Found


def look_up_job(
    name: str, *, namespace: str | None, context: str | None, kubeconfig: Path | None, may_switch: bool = True
) -> Asked:
    """Returns what a name stands for, in the current context or the one that the user names.

    Names come from content, so another cluster may have a job of the same name: one that the current context does not
    know is looked for in the context that it was submitted to only where nothing can be harmed, and that is said.

    Args:
        name: The job's name, or a part of it.
        namespace: What the user gave as --namespace.
        context: What the user gave as --context.
        kubeconfig: What the user gave as --kubeconfig.
        may_switch: Whether the context may be left.

    Raises:
        CajajejoError: There is no usable cluster, or it cannot be asked.
    """
    from cajajejo.cli.jobs.cluster_options import open_api
    from cajajejo.cluster.lookup import look_up
    from cajajejo.cluster.submission.submissions import recent

    submissions = recent()
    api = open_api(context, namespace, kubeconfig)
    found = look_up(api, name, submissions, namespace=namespace)
    memory = next((item for item in submissions if item.name == name), None)
    elsewhere = memory.context if memory is not None and memory.server != api.connection.server else None
    if found.missing is None or found.submission is not None or elsewhere is None or context or kubeconfig:
        return Asked(api, found)
    return _ask_elsewhere(Asked(api, found), elsewhere, name, submissions, namespace, may_switch=may_switch)


def _ask_elsewhere(
    here: Asked, context: str, name: str, submissions: Sequence[Submission], namespace: str | None, *, may_switch: bool
) -> Asked:
    """Looks into the context that a job was submitted to."""
    from cajajejo.cli.jobs.cluster_options import open_api
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.cluster.lookup import look_up
    from cajajejo.errors import BadInputError, MissingError

    if not may_switch:
        error = MissingError(
            f"{here.found.missing}; it was submitted to the context {context}",
            status=404,
            remedy=f"if you mean that one: --context {shlex.quote(context)}",
        )
        return Asked(here.api, replace(here.found, missing=error))
    try:
        api = open_api(context, namespace, None)
    except BadInputError:
        # The context has been renamed or removed since.
        return here
    write_error(f"{visible(name)} was submitted to the context {visible(context)}; looking there\n")
    return Asked(api, look_up(api, name, submissions, namespace=namespace))


def judge(asked: Asked, *, deep: bool = True) -> tuple[Observation, Verdict]:
    """Looks at a job and explains what it sees.

    Raises:
        MissingError: Nobody knows such a job: neither the cluster nor this machine.
        ClusterError: The cluster cannot be asked.
    """
    from cajajejo.cluster.explain import Code, explain
    from cajajejo.cluster.follow.observe import observe
    from cajajejo.cluster.jobs import NotOursError

    found = asked.found
    if isinstance(found.missing, NotOursError):
        raise found.missing
    observation = observe(asked.api, found.namespace, found.name, deep=deep)
    if found.submission is not None:
        observation = replace(observation, submitted_at_s=found.submission.submitted_at_s)
    verdict = explain(observation)
    nobody_knows = verdict.code is Code.NOT_FOUND and found.submission is None and not verdict.evidence
    if nobody_knows and found.missing is not None:
        raise found.missing
    return observation, verdict
