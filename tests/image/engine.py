"""The docker engine that the tests use, and the commands that users type."""

import contextlib
import os
import pty
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from commands import ROOT

FULL = "neurips/evaluation"
SLIM = "neurips/evaluation:slim"
WITHIN_S = 300.0


@dataclass(frozen=True)
class Engine:
    """An engine, by the address at which the docker command reaches it."""

    host: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Engine | None":
        """The engine of DOCKER_HOST, which `scripts/test-image run` sets; None without it."""
        host = environment.get("DOCKER_HOST")
        return cls(host) if host else None

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host}

    def docker(self, *words: object) -> "subprocess.CompletedProcess[str]":
        command = ["docker", *map(str, words)]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
        )

    def has_image(self, name: str) -> bool:
        return self.docker("image", "inspect", name).returncode == 0

    def inspect(self, name: str, field: str) -> str:
        done = self.docker("image", "inspect", "--format", f"{{{{{field}}}}}", name)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def shell(self, text: str) -> "subprocess.CompletedProcess[str]":
        """A command as users type it in the folder of the repository."""
        with self._no_containers_left():
            return subprocess.run(
                ["bash", "-c", text],
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=WITHIN_S,
                check=False,
            )

    def type_into(self, text: str, typed: str) -> tuple[int, str]:
        """A command at a terminal, and what is typed once it runs; returns the exit code and what was on the screen."""
        ours, theirs = pty.openpty()
        with self._no_containers_left():
            process = subprocess.Popen(
                ["bash", "-c", text],
                env=self.environment,
                cwd=ROOT,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
            os.close(theirs)
            os.write(ours, typed.encode())
            seen = b""
            with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as screen:
                while chunk := screen.read(4096):
                    seen += chunk
            return process.wait(timeout=WITHIN_S), seen.decode()

    @contextlib.contextmanager
    def _no_containers_left(self) -> Iterator[None]:
        before = self._containers()
        yield
        new = self._containers() - before
        if new:
            self.docker("rm", "--force", "--volumes", *new)

    def _containers(self) -> set[str]:
        """Those that have ended; one that runs may be another test's."""
        return set(self.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", "status=exited").stdout.split())


def copy_of_the_checkout(folder: Path) -> Path:
    """A folder with all that the image is built from, which a test may change."""
    for name in ("evaluation.Dockerfile", ".dockerignore", "pyproject.toml", "constraints.txt", "overrides.txt"):
        _copy(name, folder)
    for name in ("README.md", "LICENSE", "src", "jobs", "scripts"):
        _copy(name, folder)
    return folder


def _copy(name: str, folder: Path) -> None:
    subprocess.run(["cp", "--archive", ROOT / name, folder / name], check=True)
