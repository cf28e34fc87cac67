"""From a job's name on the command line to the job; shared by the commands that look at one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.cluster.api import Api
    from cajajejo.cluster.explain.observation import Observation
    from cajajejo.cluster.explain.verdict import Verdict
    from cajajejo.cluster.lookup import Found

__all__ = ["Asked", "judge", "look_up_job"]


@dataclass(frozen=True)
class Asked:
    """The cluster that was asked, and what it and this machine know of a name."""

    api: Api
    found: Found


def look_up_job(name: str, *, namespace: str | None, context: str | None, kubeconfig: Path | None) -> Asked:
    """Returns what a name stands for; a job that was submitted from here is looked for where it was submitted to.

    Raises:
        CajajejoError: There is no usable cluster, or it cannot be asked.
    """
    from cajajejo.cli.cluster_options import open_api
    from cajajejo.cluster.lookup import look_up
    from cajajejo.cluster.submissions import recent
    from cajajejo.errors import BadInputError

    submissions = recent()
    memory = next((item for item in submissions if item.name == name), None)
    if memory is not None and memory.context is not None and context is None and kubeconfig is None:
        try:
            api = open_api(memory.context, namespace, None)
        except BadInputError:
            # The context has been renamed or removed since.
            api = open_api(None, namespace, None)
    else:
        api = open_api(context, namespace, kubeconfig)
    return Asked(api, look_up(api, name, submissions, namespace=namespace))


def judge(asked: Asked, *, deep: bool = True) -> tuple[Observation, Verdict]:
    """Looks at a job and explains what it sees.

    Raises:
        MissingError: Nobody knows such a job: neither the cluster nor this machine.
        ClusterError: The cluster cannot be asked.
    """
    from dataclasses import replace

    from cajajejo.cluster.explain import Code, explain
    from cajajejo.cluster.observe import observe

    found = asked.found
    observation = observe(asked.api, found.namespace, found.name, deep=deep)
    if found.submission is not None:
        observation = replace(observation, submitted_at_s=found.submission.submitted_at_s)
    verdict = explain(observation)
    nobody_knows = verdict.code is Code.NOT_FOUND and found.submission is None and not verdict.evidence
    if nobody_knows and found.missing is not None:
        raise found.missing
    return observation, verdict
