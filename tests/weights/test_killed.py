"""Fetches from real servers that are killed in the middle of a transfer, or whose servers are."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cajajejo.weights.fetch.staging import read_journal
from commands import Command
from mlflow_server import MlflowServer
from weights_model import assert_fetched
from weights_servers import WITHIN_S, Gate, GcsServer, HubServer, Server, copied

TOTAL = 64_000_000
HOLD_AFTER = 40_000_000
LOST_AT_MOST = 16_000_000
"""Four streams of 4 MiB each that are not noted yet; what is in the buffers of sockets takes from the same."""


@dataclass
class Site:
    """A server with the model, and how it is asked for."""

    server: Server | MlflowServer
    port: int
    source: str
    variable: str

    def pull(self, cache: Path, uri: str, *options: str) -> Command:
        arguments = ("weights", "pull", self.source, "--cache", str(cache), "--streams", "4", *options)
        clean = {"HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "", "NO_PROXY": "127.0.0.1,localhost"}
        return Command(arguments, environment={**clean, self.variable: uri})


@contextlib.contextmanager
def gcs(folder: Path, model: Path) -> Iterator[Site]:
    copied(model, folder / "data/models/llama")
    with GcsServer(folder) as server:
        yield Site(server, server.port, "gs://models/llama", "STORAGE_EMULATOR_HOST")


@contextlib.contextmanager
def hub(folder: Path, model: Path) -> Iterator[Site]:
    copied(model, folder / "data/org/llama")
    with HubServer(folder) as server:
        yield Site(server, server.port, "hf://org/llama@main", "HF_ENDPOINT")


@contextlib.contextmanager
def mlflow_run(folder: Path, model: Path) -> Iterator[Site]:
    from mlflow import MlflowClient

    server = MlflowServer(folder)
    server.start()
    try:
        client = MlflowClient(server.uri)
        run = client.create_run("0").info
        copied(model, folder / "artifacts" / "0" / run.run_id / "artifacts" / "model")
        port = int(server.uri.rpartition(":")[2])
        yield Site(server, port, f"runs:/{run.run_id}/model", "MLFLOW_TRACKING_URI")
    finally:
        server.kill()


Sites = Callable[[Path, Path], "contextlib.AbstractContextManager[Site]"]
ALL = [
    pytest.param(gcs, id="gcs"),
    pytest.param(hub, id="hub"),
    pytest.param(mlflow_run, id="mlflow", marks=pytest.mark.mlflow),
]


@pytest.fixture(params=ALL)
def site(request: pytest.FixtureRequest, tmp_path: Path, model: Path) -> Iterator[Site]:
    folder = tmp_path / "server"
    folder.mkdir()
    with request.param(folder, model) as started:
        yield started


def noted_bytes(cache: Path) -> int:
    """How many bytes the journals of unfinished fetches tell of."""
    spans = (
        span for path in cache.glob(".staging/*/journal.jsonl") for each in read_journal(path).values() for span in each
    )
    return sum(span.stop - span.start for span in spans)


def wait_for_bytes(cache: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + WITHIN_S
    while noted_bytes(cache) < HOLD_AFTER - LOST_AT_MOST:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, noted_bytes(cache)
        time.sleep(0.02)


def fetched(process: "subprocess.CompletedProcess[str]") -> Path:
    assert process.returncode == 0, process.stderr
    return Path(process.stdout.strip())


def test_a_fetch_that_is_killed_goes_on_where_it_was(site: Site, tmp_path: Path, model: Path) -> None:
    cache = tmp_path / "cache"
    with Gate(site.port, hold_after=HOLD_AFTER) as gate, site.pull(cache, gate.uri).start() as process:
        gate.wait_until_held()
        wait_for_bytes(cache, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not list(cache.glob("[a-z]*"))  # nothing half made can be seen
    with Gate(site.port) as gate:
        done = site.pull(cache, gate.uri).run()
        assert_fetched(fetched(done), model)
        assert "are here from an earlier try" in done.stderr
        assert gate.passed < TOTAL - HOLD_AFTER + LOST_AT_MOST
    with Gate(site.port) as gate:
        done = site.pull(cache, gate.uri).run()
        assert_fetched(fetched(done), model)
        assert gate.passed < 100_000  # the list, and nothing else


def test_a_server_that_is_killed_is_told_and_the_next_try_goes_on(site: Site, tmp_path: Path, model: Path) -> None:
    cache = tmp_path / "cache"
    with Gate(site.port, hold_after=HOLD_AFTER) as gate:
        with site.pull(cache, gate.uri, "--patience", "1").start() as process:
            gate.wait_until_held()
            wait_for_bytes(cache, process)
            site.server.kill()
            gate.open()
            _, stderr = process.communicate(timeout=WITHIN_S)
        assert process.returncode == 3, stderr
        assert f"cannot fetch {site.source.partition('@')[0]}" in stderr
        assert "(no answer)" in stderr
    site.server.start()
    with Gate(site.port) as gate:
        assert_fetched(fetched(site.pull(cache, gate.uri).run()), model)
        assert gate.passed < TOTAL - HOLD_AFTER + LOST_AT_MOST


def test_a_server_that_comes_back_is_waited_for(site: Site, tmp_path: Path, model: Path) -> None:
    cache = tmp_path / "cache"
    with (
        Gate(site.port, hold_after=HOLD_AFTER) as gate,
        site.pull(cache, gate.uri, "--patience", "60").start() as process,
    ):
        gate.wait_until_held()
        site.server.kill()
        gate.open()
        site.server.start()
        stdout, stderr = process.communicate(timeout=WITHIN_S)
        assert process.returncode == 0, stderr
        assert_fetched(Path(stdout.strip()), model)


def test_several_at_once_make_one_download(site: Site, tmp_path: Path, model: Path) -> None:
    cache = tmp_path / "cache"
    with Gate(site.port, hold_after=HOLD_AFTER) as gate:
        command = site.pull(cache, gate.uri)
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(command.start())
            gate.wait_until_held()
            others = [stack.enter_context(command.start()) for _ in range(2)]
            # The list needs room in the gate, which is closed: so what they wait for is the claim, or the gate.
            gate.open()
            for process in (first, *others):
                stdout, stderr = process.communicate(timeout=WITHIN_S)
                assert process.returncode == 0, stderr
                assert_fetched(Path(stdout.strip()), model)
        assert gate.passed < TOTAL + 2_000_000


def test_a_source_that_is_gone_is_done_without_where_the_cache_has_the_model(
    site: Site, tmp_path: Path, model: Path
) -> None:
    cache, uri = tmp_path / "cache", f"http://127.0.0.1:{site.port}"
    first = site.pull(cache, uri).run()
    assert "WARNING" not in first.stderr
    site.server.kill()
    again = site.pull(cache, uri, "--patience", "0").run()
    assert again.stdout == first.stdout
    assert_fetched(fetched(again), model)
    assert f"WARNING: cannot fetch {site.source}" in again.stderr
    assert "is used in its place, and may be out of date: revision " in again.stderr
