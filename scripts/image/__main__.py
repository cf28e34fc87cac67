"""The verbs of `scripts/test-image`."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1] / "cluster"))

from base import make_base
from build import REPOSITORY, TARGETS, build
from console import ClusterError
from engine import Docker, engine

TERMINATED = 143


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="scripts/test-image")
    verbs = parser.add_subparsers(dest="verb", required=True)
    building = verbs.add_parser("build", help="build the image in the engine that runs, or in one of its own")
    building.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; default: all")
    building.add_argument("--classic", action="store_true", help="use the classic builder instead of BuildKit")
    building.add_argument("--repository", default=REPOSITORY, help="what the images are called, without the tag")
    running = verbs.add_parser("run", help="build, and run a command with DOCKER_HOST set")
    running.add_argument("command", nargs=argparse.REMAINDER)
    found = parser.parse_args()
    unknown = sorted(set(getattr(found, "targets", [])) - set(TARGETS))
    if unknown or (found.verb == "run" and not found.command):
        parser.error(f"there is no target {unknown[0]}" if unknown else "a command is missing")
    return found


def folder() -> Path:
    """Where an engine of ours keeps its images, for all clones of this user."""
    shared = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cajajejo"
    return Path(os.environ.get("CAJAJEJO_CACHE") or shared).absolute() / "docker"


def _build(docker: Docker, targets: list[str], repository: str, *, classic: bool) -> None:
    logs = folder() / "logs"
    make_base(docker, logs / "base.log")
    for target in targets:
        build(docker, target, repository, logs / f"{target}.log", classic=classic)


def _run(docker: Docker, command: list[str]) -> int:
    path = f"{Path(docker.program).parent}:{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(command, env={**docker.environment, "PATH": path}, check=False).returncode


def _terminate(_number: int, _frame: object) -> None:
    raise SystemExit(TERMINATED)


def main() -> int:
    """Does what the command line asks for."""
    signal.signal(signal.SIGTERM, _terminate)
    asked = arguments()
    try:
        with engine(folder()) as docker:
            if asked.verb == "build":
                _build(docker, asked.targets or list(TARGETS), asked.repository, classic=asked.classic)
                return 0
            chosen = os.environ.get("CAJAJEJO_IMAGES", " ".join(TARGETS)).split()
            _build(docker, chosen, REPOSITORY, classic=False)
            return _run(docker, asked.command)
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
