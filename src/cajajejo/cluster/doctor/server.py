"""The API server: does it answer, which version is it, and who does it think we are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cajajejo.cluster.doctor.check import Check, ok, warning
from cajajejo.cluster.doctor.site import Json, Site
from cajajejo.errors import ClusterError, UnauthorizedError, UnreachableError

__all__ = ["OLDEST", "check_login", "check_server", "who_am_i"]

OLDEST: Final = (1, 29)
"""The first version that counts retries by index, which is how pods learn how often they were disrupted."""

_REVIEW: Final = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_REVIEWS: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def check_server(site: Site) -> Iterator[Check]:
    """Yields whether the API server answers, and whether it is new enough.

    Raises:
        ClusterError: It cannot be reached, or refuses the login.
    """
    name = "API server"
    address = site.api.connection.server
    try:
        found = site.api.get("/version")
    except (UnauthorizedError, UnreachableError):
        raise
    except ClusterError as error:
        yield warning(name, f"{address} answers, but does not tell its version: {error.server_message}")
        return
    version = str(found.get("gitVersion", "of an unknown version"))
    numbers = _numbers(found)
    text = f"{address} answers, Kubernetes {version}"
    if numbers is not None and numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        remedy = f"use a cluster of {oldest} or later"
        yield warning(name, f"{text}; before {oldest} disruptions count as failures", remedy)
    else:
        yield ok(name, text)


def _numbers(version: Json) -> tuple[int, int] | None:
    """Major and minor version; managed clusters write `30+`."""
    match = re.fullmatch(r"(\d+)/(\d+)\+?", f"{version.get('major')}/{version.get('minor')}")
    return (int(match[1]), int(match[2])) if match else None


def who_am_i(site: Site) -> Json | None:
    """Returns name and groups of the login, or None where the server is too old to tell.

    Raises:
        ClusterError: The server cannot be reached, or refuses the login.
    """
    try:
        # A review is a question in the form of a POST: nothing is stored.
        answer = site.api.create(_REVIEWS, dict(_REVIEW))
    except (UnauthorizedError, UnreachableError):
        raise
    except ClusterError:
        return None
    return dict(answer.get("status", {}).get("userInfo", {}))


def check_login(site: Site) -> Iterator[Check]:
    """Yields whom the server takes us for."""
    context = site.api.connection.context
    where = f" (context {context})" if context else " (the pod's own login)"
    found = who_am_i(site)
    if found is None:
        yield warning("login", f"the server does not tell whom it takes us for{where}")
    elif found.get("username") == "system:anonymous":
        yield warning("login", f"the server takes us for nobody{where}", "log in to the cluster")
    else:
        groups = [str(group) for group in found.get("groups") or () if group not in ("", "system:authenticated")]
        of = f" of {', '.join(groups)}" if groups else ""
        yield ok("login", f"{found.get('username')}{of}{where}")
