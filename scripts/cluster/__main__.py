"""The verbs of `scripts/test-cluster`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api import Api
from binary import kubernetes_program
from cache import Cache, locked
from console import ClusterError, step
from images import evaluation_image, pause_image
from layout import Layout, default_state
from oci import Image
from processes import read_state
from start import load, start
from stop import stop

TERMINATED = 143


def cache() -> Cache:
    """The cache that all clones of this user share, unless told otherwise."""
    chosen = os.environ.get("CAJAJEJO_CACHE")
    shared = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cajajejo"
    return Cache(Path(chosen or shared).absolute() / "test-cluster")


def build() -> tuple[Path, list[Image]]:
    """Builds what is not in the cache yet, side by side."""
    place = cache()
    place.root.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        program = pool.submit(kubernetes_program, place)
        images = [pool.submit(pause_image, place), pool.submit(evaluation_image, place)]
        return program.result(), [image.result() for image in images]


def up(layout: Layout) -> None:
    """Builds, cleans up what an unclean end has left, and starts."""
    program, images = build()
    if _is_up(layout):
        step("the cluster is up already")
        load(layout, images[1])
        return
    begin = time.monotonic()
    _check_owner(layout)
    stop(layout)
    try:
        start(layout, program, images)
    except BaseException:
        step("the start failed; what has been started is stopped")
        stop(layout)
        raise
    step(f"the cluster is up after {time.monotonic() - begin:.1f} s: export KUBECONFIG={layout.kubeconfig}")


def down(layout: Layout) -> None:
    """Stops, and removes everything but the cache."""
    begin = time.monotonic()
    _check_owner(layout)
    stop(layout)
    step(f"the cluster is down after {time.monotonic() - begin:.1f} s")


def reload(layout: Layout) -> None:
    """Brings the evaluation image of the cluster up to date with the sources."""
    if not _is_up(layout):
        raise ClusterError("there is no cluster to load the image into. Start one: scripts/test-cluster up")
    begin = time.monotonic()
    image = evaluation_image(cache())
    load(layout, image)
    step(f"{image.name} is up to date after {time.monotonic() - begin:.1f} s")


def run(layout: Layout, command: list[str]) -> int:
    """Runs a command against a cluster of its own, or one that is up already; returns its exit code."""
    with locked(layout.lock, "another command on this cluster"):
        ours = not _is_up(layout)
        try:
            up(layout)
            variables = {"KUBECONFIG": str(layout.kubeconfig), "CAJAJEJO_TEST_CLUSTER": str(layout.state)}
            return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode
        finally:
            if ours:
                down(layout)


def _is_up(layout: Layout) -> bool:
    state = read_state(layout.state_file)
    if state is None:
        return False
    users, address = state["users"], str(state["api_server"])
    assert isinstance(users, dict)
    authority = Path(str(state["certificate_authority"]))
    return Api(int(address.rpartition(":")[2]), authority, users["admin"]["token"]).is_ok("/readyz")


def _check_owner(layout: Layout) -> None:
    if layout.state.is_symlink() or (layout.state.exists() and layout.state.stat().st_uid != os.getuid()):
        raise ClusterError(
            f"{layout.state} belongs to somebody else. Name another folder: CAJAJEJO_TEST_CLUSTER=/short/path"
        )


def _terminate(_number: int, _frame: object) -> None:
    raise SystemExit(TERMINATED)


def main() -> int:
    """Does what the command line asks for."""
    signal.signal(signal.SIGTERM, _terminate)
    verb, *rest = sys.argv[1:]
    chosen = os.environ.get("CAJAJEJO_TEST_CLUSTER")
    layout = Layout(Path(chosen).absolute() if chosen else default_state())
    try:
        if verb == "build":
            build()
        elif verb == "run":
            return run(layout, rest)
        else:
            verbs: dict[str, Callable[[Layout], None]] = {"up": up, "down": down, "load": reload}
            with locked(layout.lock, "another command on this cluster"):
                verbs[verb](layout)
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
