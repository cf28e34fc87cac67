"""What docker's words mean when it fails: one table, from the particular to the general. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cajajejo.errors import BadInputError, CajajejoError, InfrastructureError

__all__ = ["docker_error"]


@dataclass(frozen=True)
class _Cause:
    """One cause.

    Attributes:
        signs: What docker says then, as a regular expression.
        told: What happened.
        remedy: What to do.
        passes: Whether trying again may help.
    """

    signs: str
    told: str
    remedy: str
    passes: bool = False


_LONGEST: Final = 500
"""Characters of docker's words that a message has at most."""

_ENGINE: Final = (
    _Cause(
        r"buildx component is missing",
        "BuildKit was asked for, and docker's plugin buildx is not installed",
        "install it (Debian, Ubuntu: docker-buildx or docker-buildx-plugin), or set DOCKER_BUILDKIT=0",
    ),
    _Cause(
        r'invalid argument .* for "-t, --tag" flag|invalid tag ".*"',
        "that is not the name of an image",
        "cajajejo.registry and local_image have lower-case letters, digits and . _ - /, and no tag",
    ),
    _Cause(
        r"permission denied while trying to connect to the docker",
        "this user may not use the docker engine",
        "sudo usermod -aG docker $USER, then log in anew",
    ),
    _Cause(
        r"cannot connect to the docker daemon|is the docker daemon running|failed to connect to the docker API"
        r"|error during connect",
        "the docker engine is not running",
        "start it: sudo systemctl start docker, or Docker Desktop; docker info says whether it answers",
        passes=True,
    ),
    _Cause(
        r"no space left on device",
        "the disk of the docker engine is full",
        "docker system df shows what takes the room, docker system prune frees some",
        passes=True,
    ),
)
_REGISTRY: Final = (
    _Cause(
        r"invalid reference format|repository name must be lowercase",
        "that is not the name of an image",
        "cajajejo.registry is host/path in lower-case letters, without scheme and tag",
    ),
    _Cause(
        r"unauthenticated|no basic auth credentials|unauthorized|authentication required|error getting credentials",
        "docker is not logged in to the registry",
        "invoke docker-login",
    ),
    _Cause(r"immutab", "the registry has this tag already, and lets nobody move it", "commit, and build again"),
    _Cause(
        r"name unknown|repository .* not found|NAME_UNKNOWN",
        "the registry has no such repository",
        "check cajajejo.registry; for Artifact Registry: gcloud artifacts repositories create",
    ),
    _Cause(
        r"denied|403 forbidden",
        "the registry refuses the push",
        "you need the right to write there, such as the role Artifact Registry Writer (roles/artifactregistry.writer)",
    ),
    _Cause(
        r"server gave HTTP response to HTTPS client",
        "the registry speaks HTTP, and docker expects HTTPS",
        "add it to insecure-registries in /etc/docker/daemon.json",
    ),
    _Cause(
        r"certificate signed by unknown authority|x509:",
        "docker does not trust the registry's certificate",
        "put its authority's certificate into /etc/docker/certs.d",
    ),
    _Cause(
        r"no such host|connection refused|timeout|unreachable|\bEOF\b"
        r"|unexpected HTTP status|unexpected status .* 5\d\d",
        "the registry does not answer",
        "check cajajejo.registry and the network, then try again",
        passes=True,
    ),
)


def docker_error(verb: str, name: str, output: str, code: int) -> CajajejoError:
    """Returns the error for a docker command that failed.

    Args:
        verb: What was tried: `build` or `push`.
        name: The image.
        output: What docker wrote.
        code: Its exit code; minus the number of the signal where one ended it.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # What a build prints is the words of many programs; a push prints docker's own.
    causes = _ENGINE if verb == "build" else _ENGINE + _REGISTRY
    for cause in causes:
        said = next((line for line in reversed(lines) if re.search(cause.signs, line, re.IGNORECASE)), None)
        if said is not None:
            kind = InfrastructureError if cause.passes else BadInputError
            return kind(f"cannot {verb} {name}: {cause.told} ({said[:_LONGEST]})", remedy=cause.remedy)
    told = [line for line in lines if "docker build --help" not in line]
    last = told[-1] if told else "it said nothing"
    remedy = "the first step that failed is above" if verb == "build" else None
    end = f"docker ended with exit code {code}" if code >= 0 else f"signal {-code} ended docker"
    return BadInputError(f"cannot {verb} {name}: {end}: {last[:_LONGEST]}", remedy=remedy)
