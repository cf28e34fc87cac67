"""A claim that jobs share as their cache of weights: real pods fetch a model once, from a hub that counts."""

import contextlib
import errno
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.submission.submit import submit
from cajajejo.config.load import load_evaluation
from cajajejo.manifests.render import ConfigSource, render
from cajajejo.pod_protocol import PodEvent, parse_event_line
from cluster.node import TestCluster
from cluster.real import RealSite
from cluster.submitting import open_site
from hub_server import Handler
from weights_model import write_safetensors

pytestmark = [pytest.mark.needs_node, pytest.mark.xdist_group("weights-cache")]

Json = dict[str, Any]
WITHIN_S = 60.0
CLAIM = "weights"
WEIGHTS_BYTES = 2_000_000
KUBERNETES = """\
  weights_cache: {claim: %(claim)s, folder: team/models}
  env: {HF_ENDPOINT: "%(hub)s"}
"""
LOOK = """
import hashlib, json, pathlib
folder = pathlib.Path("/scratch/llama")
files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
refused = []
for path, mode in (folder / "config.json", "ab"), (folder / "new", "wb"):
    try:
        path.open(mode).close()
    except OSError as error:
        refused.append(error.errno)
print(json.dumps({"at": str(folder.resolve()), "files": files, "refused": refused}))
"""


class Hub:
    """The stand-in of the hub on the node's bridge. Used as a context.

    Attributes:
        asked: Each question, in their order.
        sent: The name of each file whose content was asked for, in their order.
    """

    def __init__(self, root: Path, host: str) -> None:
        self.asked: list[str] = []
        self.sent: list[str] = []
        self.is_asked_for_weights = threading.Event()
        self.may_send = threading.Event()
        self.may_send.set()
        outer = self

        class Counting(Handler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                super().do_GET()

            def content(self, path: Path, headers: dict[str, str]) -> None:
                outer.sent.append(path.name)
                if path.suffix == ".safetensors":
                    outer.is_asked_for_weights.set()
                    outer.may_send.wait(WITHIN_S)
                super().content(path, headers)

        Counting.root = root
        self._server = ThreadingHTTPServer((host, 0), Counting)
        self._server.daemon_threads = True
        self.uri = f"http://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> "Hub":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_send.set()
        self._server.shutdown()
        self._server.server_close()

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """Begins to send weights only afterwards."""
        self.may_send.clear()
        yield
        self.may_send.set()


class CacheSite:
    """A namespace with a claim that no job has used yet, and a model to fetch."""

    def __init__(self, real: RealSite, hub: Hub, model: Path) -> None:
        self.real = real
        self.hub = hub
        self.files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in model.iterdir()}

    def make_claim(self) -> None:
        # The class `ssd` gives a volume to one node at a time, which all pods of the node share.
        room = {"requests": {"storage": "1Gi"}}
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "ssd", "resources": room}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": CLAIM}, "spec": spec}
        self.real.api.create(in_namespace(self.real.namespace, "persistentvolumeclaims"), claim)

    def submit(self, number: int) -> str:
        """Submits a job that looks at its model instead of evaluating it; another number makes another content."""
        site = self.real.site
        path = site.write_config(number, KUBERNETES % {"claim": CLAIM, "hub": self.hub.uri})
        path.write_text(path.read_text().replace("{builtin: tiny}", "{hf_model: org/llama}"))
        spec = render(load_evaluation(path, site.write_entries()), ConfigSource("job.yml", "entries.conf", "v1"))
        (container,) = spec.job["spec"]["template"]["spec"]["containers"]
        container.update(command=["python3", "-c", LOOK], args=[])
        return submit(site.api, spec).name

    def pulling(self, name: str) -> Iterator[str]:
        """What the container prints that fetches the weights of a job, as it does, to its end."""
        return self.real.lines(self.real.wait_for_pod(name, has_begun)["metadata"]["name"], "init")

    def seen(self, name: str) -> Json:
        """What the container of a job that has ended well saw of the model."""
        assert self.real.wait_for_end(name) == "Complete", list(self.pulling(name))
        (pod,) = self.real.pods(name)
        found: Json = json.loads("".join(self.real.lines(pod["metadata"]["name"])))
        return found

    def assert_read_only(self, seen: Json) -> None:
        """All of the model under the name that the manifest promises, in the cache, where nobody can change it."""
        assert seen["files"] == self.files
        assert seen["at"].startswith("/weights-cache/team/models/hf/")
        assert seen["refused"] == [errno.EROFS, errno.EROFS]


def has_begun(pod: Json) -> bool:
    """Whether the container that fetches the weights has started."""
    statuses = pod.get("status", {}).get("initContainerStatuses", ())
    return any({"running", "terminated"} & set(one["state"]) for one in statuses)


def events(log: list[str]) -> list[PodEvent]:
    return [event for line in log if (event := parse_event_line(line)) is not None]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "hub/org/llama"
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors", WEIGHTS_BYTES)
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    (folder / "tokenizer.json").write_text('{"model": {}}')
    return folder


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path, model: Path) -> Iterator[CacheSite]:
    with open_site(cluster, namespace, tmp_path) as here, Hub(tmp_path / "hub", cluster.host_address) as hub:
        made = CacheSite(RealSite(here, "http://mlflow.invalid:5000"), hub, model)
        made.make_claim()
        yield made


def test_the_second_job_finds_what_the_first_has_fetched(site: CacheSite) -> None:
    first = site.submit(1)
    log = list(site.pulling(first))
    size = sum(path.stat().st_size for path in (site.real.site.folder / "hub/org/llama").iterdir())
    told = {"phase": "weights", "source": "hf://org/llama", "bytes": size, "total_bytes": size, "done": True}
    assert events(log)[-1].data == told
    assert sorted(site.hub.sent) == sorted(site.files)

    asked = len(site.hub.asked)
    second = site.submit(2)
    assert second != first
    seen = site.seen(second)
    site.assert_read_only(seen)
    assert site.seen(first) == seen
    # What the model consists of is asked, because the branch may have moved; its content is not.
    assert site.hub.asked[asked:] == ["/api/models/org/llama?blobs=true"]
    assert sorted(site.hub.sent) == sorted(site.files)
    log = list(site.pulling(second))
    assert f"3 files of hf://org/llama are in the cache already: {seen['at']}" in log
    assert [event.data for event in events(log)] == [
        {"phase": "weights", "bytes": 0, "done": False},
        {"phase": "weights", "bytes": 0, "done": True},
    ]


def test_two_jobs_at_once_fetch_once(site: CacheSite) -> None:
    with site.hub.held_back():
        first = site.submit(1)
        assert site.hub.is_asked_for_weights.wait(WITHIN_S)
        second = site.submit(2)
        waiting = next((line for line in site.pulling(second) if line.startswith("waiting for ")), None)
    (pod,) = site.real.pods(first)
    assert waiting == f"waiting for {pod['spec']['hostname']}, which fetches hf://org/llama already"
    for name in (first, second):
        site.assert_read_only(site.seen(name))
    assert sorted(site.hub.sent) == sorted(site.files)
    log = list(site.pulling(second))
    assert any("are in the cache already" in line for line in log), log
