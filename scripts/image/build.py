"""Builds the evaluation image with `docker build`."""

import os
import subprocess
import time
from pathlib import Path

from console import ClusterError, run_logged, step
from engine import Docker

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "evaluation.Dockerfile"
REPOSITORY = "neurips/evaluation"
TARGETS = {"slim": "slim", "evaluation": "latest"}
"""The stages that can be asked for, and the tags of the images; `latest` is what a name without a tag means."""
PASSED = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Variables of this machine that decide where packages come from; the final images do not keep them."""


def build(docker: Docker, target: str, repository: str, log: Path, *, classic: bool) -> None:
    """Builds one of the images.

    Args:
        docker: The engine.
        target: A key of `TARGETS`.
        repository: What the image is called, without the tag.
        log: The file for all that the builder says.
        classic: Whether to use the classic builder instead of BuildKit.

    Raises:
        ClusterError: It cannot be built; the message has the end of the log.
    """
    name = f"{repository}:{TARGETS[target]}"
    step(f"building {name}{' with the classic builder' if classic else ''}")
    begin = time.monotonic()
    options = [*_options(), *(["--force-rm"] if classic else [])]  # a failed step leaves its container otherwise
    command = [docker.program, "build", "--file", DOCKERFILE, "--target", target, "--tag", name, *options, ROOT]
    environment = {**docker.environment, "DOCKER_BUILDKIT": "0" if classic else "1", "BUILDKIT_PROGRESS": "plain"}
    log.unlink(missing_ok=True)
    run_logged(command, log, f"building {name}", env=environment)
    step(f"built {name} in {time.monotonic() - begin:.0f} s")


def _options() -> list[str]:
    values = {name: value for name in PASSED if (value := os.environ.get(name))}
    values.update(VERSION=_version(), COMMIT=_commit())
    # Packages come from where this machine gets them, which may be a server or a proxy on its loopback.
    return ["--network=host", *(f"--build-arg={name}={value}" for name, value in values.items())]


def _version() -> str:
    for line in (ROOT / "src/cajajejo/__init__.py").read_text().splitlines():
        if line.startswith("__version__"):
            return line.split('"')[1]
    raise ClusterError("src/cajajejo/__init__.py states no version")


def _commit() -> str:
    """The commit, with a word after it where files differ from it; `unknown` outside of a repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
