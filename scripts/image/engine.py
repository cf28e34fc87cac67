"""A docker engine: the one that runs already, or one of our own that ends with the command."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cache import locked
from console import ClusterError, run_logged, step, tail
from mounts import remove_tree
from processes import Server, start_time

STARTS_WITHIN_S = 60.0
ENDS_WITHIN_S = 60.0
PAUSE_S = 0.1
KEPT_CACHE = "8GB"
"""How much of BuildKit's cache stays, beside what the images are made of; the latest used is kept."""
OUR_LABEL = "org.opencontainers.image.title"
BUILDS_WITHOUT_PLUGIN = 22
"""The newest major version of the docker command that builds with BuildKit without the plugin buildx."""


@dataclass(frozen=True)
class Docker:
    """The docker command, and the engine that it talks to.

    Attributes:
        program: The command.
        host: Where the engine listens; None where the command knows.
        is_ours: Whether we have started the engine, so that nobody else has images in it.
    """

    program: str
    host: str | None
    is_ours: bool

    @property
    def environment(self) -> Mapping[str, str]:
        """What leads to this engine: the whole environment of a command."""
        return {**os.environ, **({} if self.host is None else {"DOCKER_HOST": self.host})}

    def run(self, *words: object) -> "subprocess.CompletedProcess[str]":
        """Runs a short docker command to its end, whatever that is."""
        command = [self.program, *map(str, words)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def has_image(self, name: str) -> bool:
        """Whether the engine has an image of this name."""
        return self.run("image", "inspect", name).returncode == 0


@contextmanager
def engine(folder: Path) -> Iterator[Docker]:
    """The engine that runs, or else one of our own, which is stopped at the end.

    Args:
        folder: Where our own keeps its images from one time to the next; shared by all clones of a user.
    """
    found = Docker(_program(), None, is_ours=False)
    if found.run("version", "--format", "{{.Server.Version}}").returncode == 0:
        yield found
        return
    with locked(folder / "lock", "another command with this docker engine"):
        own = _OwnEngine(folder)
        try:
            own.start()
            yield Docker(_program(), own.host, is_ours=True)
            own.tidy()
        finally:
            own.stop()


def _program() -> str:
    """The docker command that can use BuildKit; the first one where none can."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    programs = [str(path) for folder in folders if (path := Path(folder, "docker")).is_file()]
    if not programs:
        raise ClusterError("docker is not installed. Debian, Ubuntu: apt install docker.io")
    return next(filter(_has_buildkit, programs), programs[0])


def _has_buildkit(program: str) -> bool:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    version = said.partition("version ")[2].partition(".")[0]
    if version.isdigit() and int(version) <= BUILDS_WITHOUT_PLUGIN:
        return True
    return subprocess.run([program, "buildx", "version"], capture_output=True, check=False).returncode == 0


class _OwnEngine:
    """A `dockerd` with a folder, a socket and a network of its own, that changes no rule of the firewall."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._run = folder / "run"
        self._log = folder / "dockerd.log"
        self._pid_file = folder / "dockerd.pid"
        self.host = f"unix://{self._run / 'docker.sock'}"
        # Two users, or two folders, may have an engine each at the same time.
        number = int(hashlib.sha256(os.fsencode(folder)).hexdigest()[:6], 16)
        self._bridge, self._address = f"cajdocker{number:06x}", f"10.243.{number % 250}.1/24"

    def start(self) -> None:
        """Starts it, after what a killed command may have left has been cleaned up."""
        program = shutil.which("dockerd")
        if program is None:
            raise ClusterError("dockerd is not installed. Debian, Ubuntu: apt install docker.io")
        self.stop()
        self._run.mkdir(parents=True)
        self._log.unlink(missing_ok=True)
        (self._run / "daemon.json").write_text("{}")
        for words in (
            f"link add {self._bridge} type bridge",
            f"address add {self._address} dev {self._bridge}",
            f"link set {self._bridge} up",
        ):
            run_logged(["ip", *words.split()], self._log, "making the network of the containers")
        started = Server("dockerd", [program, *self._options()], os.environ, self._log).start()
        self._pid_file.write_text(f"{started['pid']} {started['start_time']}")
        self._wait(int(str(started["pid"])), int(str(started["start_time"])))

    def _options(self) -> list[str]:
        return [
            f"--config-file={self._run / 'daemon.json'}",
            f"--data-root={self._folder / 'data'}",
            f"--exec-root={self._run / 'exec'}",
            f"--pidfile={self._run / 'docker.pid'}",
            f"--host={self.host}",
            f"--bridge={self._bridge}",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--log-level=warn",
        ]

    def _wait(self, pid: int, began: int) -> None:
        docker = Docker(_program(), self.host, is_ours=True)
        deadline = time.monotonic() + STARTS_WITHIN_S
        while docker.run("version").returncode != 0:
            if start_time(pid) != began or time.monotonic() > deadline:
                raise ClusterError(f"the docker engine does not start. The end of {self._log}:\n{tail(self._log)}")
            time.sleep(PAUSE_S)
        step("the docker engine is up")

    def tidy(self) -> None:
        """Removes containers, finished images that a later build has replaced, and what is too much of the cache."""
        docker = Docker(_program(), self.host, is_ours=True)
        docker.run("container", "prune", "--force")
        docker.run("image", "prune", "--force", f"--filter=label={OUR_LABEL}")
        docker.run("builder", "prune", "--force", f"--keep-storage={KEPT_CACHE}")

    def stop(self) -> None:
        """Ends it and its containers, whatever state it is in; its images stay."""
        if self._pid_file.exists():
            pid, began = map(int, self._pid_file.read_text().split())
            _end(pid, began)
            self._pid_file.unlink()
        remove_tree(self._run)
        if Path("/sys/class/net", self._bridge).exists():
            subprocess.run(["ip", "link", "delete", self._bridge], check=True)


def _end(pid: int, began: int) -> None:
    """Asks a process to end, once: asked thrice, an engine leaves its containers behind. Kills it when it does not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + ENDS_WITHIN_S
        if start_time(pid) == began:
            os.kill(pid, number)
        while start_time(pid) == began and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
