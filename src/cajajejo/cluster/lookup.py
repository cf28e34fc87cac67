"""Which job a name means: one on the cluster, or one that was submitted from here and is gone."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.jobs import exact_job, find_job, matching_names, name_of, namespace_of
from cajajejo.errors import BadInputError, ForbiddenError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.submission.submissions import Submission

__all__ = ["Found", "look_up", "remembered"]


@dataclass(frozen=True)
class Found:
    """What a name stands for.

    Attributes:
        name: The job's whole name; what the user wrote where nobody knows it.
        namespace: Its namespace.
        job: The Job, or None where the cluster has none.
        submission: Its submission, where it was submitted from here.
        missing: What to raise where nobody else knows the name; None where the cluster has the Job.
    """

    name: str
    namespace: str
    job: Json | None = None
    submission: Submission | None = None
    missing: MissingError | None = None


def look_up(api: Api, name: str, submissions: Sequence[Submission], *, namespace: str | None = None) -> Found:
    """Returns what a name stands for.

    Names come from content, so several namespaces may have a job of the same name: the one in the namespace that is
    meant wins. A job that was submitted from here is also found in the namespace that it was submitted to.

    Args:
        api: The cluster.
        name: A job's name, or a part of it that only one job has.
        submissions: What was submitted from here, the latest first.
        namespace: The only namespace to look into; None for the context's, and the submission's.

    Raises:
        BadInputError: No job can have such a name.
        ClusterError: The cluster cannot be asked, or refuses.
    """
    _require_name(name)
    here = [item for item in submissions if item.server == api.connection.server]
    memory = remembered(name, [item for item in here if namespace in (None, item.namespace)])
    if memory is not None and (memory.name != name or memory.namespace != (namespace or api.namespace)):
        # A whole name means that job, however many were submitted from here that have it as a part of theirs.
        with contextlib.suppress(MissingError, ForbiddenError):
            job = exact_job(api, name, namespace=namespace or api.namespace)
            return Found(name_of(job), namespace_of(job), job)
    where = namespace or (memory.namespace if memory is not None else api.namespace)
    try:
        job = find_job(api, name if memory is None else memory.name, namespace=where)
    except MissingError as error:
        if memory is None:
            return Found(name, where, missing=_with_memory(error, name, here))
        return Found(memory.name, where, submission=memory, missing=error)
    return Found(name_of(job), namespace_of(job) or where, job, memory)


def _require_name(name: str) -> None:
    """What no object can be called never reaches the server, where an empty name would mean all of them."""
    if not re.fullmatch(r"[a-z0-9.-]{1,253}", name):
        raise BadInputError(
            f"no job can be called {name!r}",
            remedy="a job's name has lower-case letters, digits and -; `cajajejo jobs list` names all",
        )


def remembered(name: str, submissions: Sequence[Submission]) -> Submission | None:
    """Returns the latest submission of the one job that a name means, or None where none or several are meant.

    Args:
        name: A job's name, or a part of it.
        submissions: The latest first.
    """
    by_name: dict[str, Submission] = {}
    for submission in submissions:
        by_name.setdefault(submission.name, submission)
    if name in by_name:
        return by_name[name]
    meant = matching_names(name, by_name)
    return by_name[meant[0]] if len(meant) == 1 else None


def _with_memory(error: MissingError, name: str, submissions: Sequence[Submission]) -> MissingError:
    """Adds the nearest name that was submitted from here, where the cluster has none that is near."""
    from cajajejo.config.suggest import nearest

    remedy = error.remedy or ""
    guess = None if "did you mean" in remedy else nearest(name, {item.name for item in submissions})
    if guess is None:
        return error
    remedy = f"did you mean {guess}, which was submitted from here? {remedy}"
    return MissingError(str(error), status=404, remedy=remedy)
