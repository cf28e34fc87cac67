"""What building and pushing an image comes to: commands. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cajajejo.config.suggest import nearest
from cajajejo.errors import BadInputError

__all__ = ["SUFFIX", "BuildPlan", "digest_in", "dockerfile_of"]

SUFFIX: Final = ".Dockerfile"
"""How the files are called that images are built from: `evaluation.Dockerfile`."""

_DIGEST: Final = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b")
"""What `docker push` says at its end: `<tag>: digest: sha256:… size: 1234`."""

_TARGET: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*", re.ASCII)


@dataclass(frozen=True)
class BuildPlan:
    """How one image is built, called and pushed.

    Attributes:
        dockerfile: What it is built from; its folder is what the build can see.
        commit: The commit that it holds, with `-dirty` behind it where that is not the whole truth.
        version: The version of cajajejo in it.
        local: How it is called here.
        image: Where it is pushed to, without tag; empty where it is not.
        target: The stage of the Dockerfile; None for the last.
        from_environment: Variables of docker's own environment that the build gets as arguments.
    """

    dockerfile: Path
    commit: str
    version: str
    local: str
    image: str = ""
    target: str | None = None
    from_environment: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Makes sure that the target can be one.

        Raises:
            BadInputError: It cannot.
        """
        if self.target is not None and not _TARGET.fullmatch(self.target):
            raise BadInputError(f"{self.target!r} cannot be a stage of a Dockerfile")

    @property
    def tag(self) -> str:
        """The tag: the commit, and the stage where it is not the usual one. Never one that moves."""
        return self.commit if self.target is None else f"{self.commit}-{self.target}"

    @property
    def reference(self) -> str:
        """The image's name in the registry, with its tag."""
        return f"{self.image}:{self.tag}" if self.image else f"{self.local}:{self.tag}"

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it gets here: with the tag, and for `docker run` the short one of this machine."""
        short = self.local if self.target is None else f"{self.local}:{self.target}"
        return (self.reference, short)

    def build_command(self) -> list[str]:
        """What builds it."""
        command = ["docker", "build", "--file", str(self.dockerfile)]
        command += [] if self.target is None else ["--target", self.target]
        for name in self.names:
            command += ["--tag", name]
        for value in (f"COMMIT={self.commit}", f"VERSION={self.version}", *self.from_environment):
            command += ["--build-arg", value]
        return [*command, str(self.dockerfile.parent)]

    def push_command(self) -> list[str]:
        """What pushes it: the name with the tag alone."""
        return ["docker", "push", self.reference]

    def commands(self, *, push: bool) -> Sequence[str]:
        """The commands as a shell would take them.

        Args:
            push: Whether it is pushed.
        """
        wanted = [self.build_command(), *([self.push_command()] if push else [])]
        return [shlex.join(command) for command in wanted]


def dockerfile_of(folder: Path, job: str) -> Path:
    """Returns the file that a job's image is built from.

    Args:
        folder: The top of the repository.
        job: The job, such as `evaluation`.

    Raises:
        BadInputError: There is no such image; the message names those that there are.
    """
    found = folder / f"{job}{SUFFIX}"
    known = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    if job in known:
        return found
    near = nearest(job, known)
    there_are = f"the images are: {', '.join(known)}" if known else f"run this where the files *{SUFFIX} are"
    raise BadInputError(
        f"there is no image {job!r}: {found.name} does not exist in {folder}",
        remedy=f"did you mean {near}?" if near else there_are,
    )


def digest_in(output: str) -> str | None:
    """Returns the digest that `docker push` has printed, or None.

    Args:
        output: What it wrote.
    """
    found = _DIGEST.findall(output)
    return found[-1] if found else None
