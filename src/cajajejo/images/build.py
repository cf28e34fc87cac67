"""Builds an image and pushes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cajajejo import __version__
from cajajejo.errors import InfrastructureError
from cajajejo.images.failures import docker_error
from cajajejo.images.plan import BuildPlan, digest_in, dockerfile_of
from cajajejo.programs import run_program

__all__ = ["INSTALL", "BuiltImage", "build_and_push", "plan_build"]

INSTALL: Final = {"docker": "install Docker Engine: https://docs.docker.com/engine/install"}
"""What to do where docker is missing."""

_PASSED: Final = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
"""Which mirror of the package index to install from: differs from machine to machine."""


@dataclass(frozen=True)
class BuiltImage:
    """What was built.

    Attributes:
        plan: How.
        digest: What the registry calls its content (`sha256:…`); None where it was not pushed.
    """

    plan: BuildPlan
    digest: str | None

    @property
    def config_lines(self) -> str:
        """The lines of a job config that mean this image and no other."""
        image = self.plan.image or self.plan.local
        return f"image: {image}\nimage_tag: {self.digest or self.plan.tag}\n"


def plan_build(
    folder: Path, job: str, *, commit: str, registry: str, local: str, target: str | None = None
) -> BuildPlan:
    """Returns how a job's image is built.

    Args:
        folder: The top of the repository.
        job: The job, such as `evaluation`: `<job>.Dockerfile` is what is built.
        commit: The commit that it holds.
        registry: Below which it is pushed; empty where it is not.
        local: How it is called here; `{job}` in it stands for the job.
        target: The stage of the Dockerfile; None for the last.

    Raises:
        BadInputError: There is no such image, or no such target.
    """
    return BuildPlan(
        dockerfile=dockerfile_of(folder, job),
        commit=commit,
        version=__version__,
        local=local.replace("{job}", job),
        image=f"{registry}/{job}" if registry else "",
        target=target,
        from_environment=tuple(name for name in _PASSED if name in os.environ),
    )


def build_and_push(plan: BuildPlan, on_line: Callable[[str], object], *, push: bool) -> BuiltImage:
    """Builds an image and, if wanted, pushes it.

    Args:
        plan: How.
        on_line: Is given what docker says.
        push: Whether it is pushed.

    Raises:
        BadInputError: docker is missing, the build fails, or the registry refuses.
        InfrastructureError: The engine or the registry does not answer.
    """
    built = run_program(plan.build_command(), on_line=on_line, install=INSTALL)
    if built.code != 0:
        raise docker_error("build", plan.reference, built.text, built.code)
    if not push:
        return BuiltImage(plan, None)
    pushed = run_program(plan.push_command(), on_line=on_line, install=INSTALL)
    if pushed.code != 0:
        raise docker_error("push", plan.reference, pushed.text, pushed.code)
    digest = digest_in(pushed.text)
    if digest is None:
        raise InfrastructureError(
            f"{plan.reference} was pushed, but docker did not say under which digest",
            remedy=f"ask for it: docker image inspect --format '{{{{.RepoDigests}}}}' {plan.reference}",
        )
    return BuiltImage(plan, digest)
