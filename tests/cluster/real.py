"""Real evaluations in pods. HELM and PyTorch are those of this machine, mounted; cajajejo is that of the image."""

import contextlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.paths import cluster_wide, in_namespace, of_job
from cajajejo.cluster.client.watch import ChangeKind, watch
from cajajejo.cluster.jobs import is_finished
from cajajejo.pod_protocol import LastWord, PodEvent, parse_event_line
from cajajejo.testing import write_run_entries
from cluster.submitting import Site

Json = dict[str, Any]
TESTS = Path(__file__).parents[1]
WITHIN_S = 300.0
RUNS_CLAIM = "runs"

CONFIG = """\
version: v1
image: %(image)s
image_tag: "%(tag)s"
compute_config: {accelerator: null, cpu: 100m, memory: 256Mi}
helm:
  args: [--max-eval-instances, "150", --num-threads, "1", --plugins, %(plugin)s]
  suite: v1
mlflow_config: {tracking_uri: "%(tracking_uri)s", retry_for_s: 30}
model_config: {builtin: tiny}
tracking_config: {experiment_name: pods}
kubernetes_config:
  namespace: %(namespace)s
  service_account: default
  termination_grace_period_seconds: 30
  disruption_budget: %(budget)s
  storage: {class: ssd, create_class: false, size: 1Gi}
  shared_memory: 64Mi
  env: {TEST_PYTHON: %(python)s}
  volumes: %(volumes)s
  run_store: %(run_store)s
"""


class RealSite:
    """A namespace in which evaluations can run for real.

    Attributes:
        runs: Where the run store's volume lies on this machine.
    """

    def __init__(self, site: Site, tracking_uri: str) -> None:
        self.site = site
        self.api: Api = site.api
        self.namespace = site.namespace
        self.runs = site.cluster.volumes / f"{site.namespace}-runs"
        self._tracking_uri = tracking_uri
        self._mounts = [Path(sys.prefix), Path(sys.base_prefix), TESTS]

    @contextlib.contextmanager
    def volumes(self) -> Iterator[None]:
        """Makes the volumes and their claims; removes the volumes at the end, which have no namespace."""
        if Path(sys.base_prefix) == Path("/usr"):
            pytest.skip("the interpreter of this machine cannot be mounted over that of the image")
        made = []
        try:
            for number, folder in enumerate(self._mounts):
                source = {"hostPath": {"path": str(folder), "type": "Directory"}}
                made.append(self._make_volume(f"host-{number}", "ReadOnlyMany", source))
            self.runs.mkdir()
            source = {"local": {"path": str(self.runs)}, "nodeAffinity": self._this_node()}
            made.append(self._make_volume(RUNS_CLAIM, "ReadWriteMany", source))
            yield
        finally:
            for name in made:
                self.api.delete(cluster_wide("persistentvolumes", name))
            shutil.rmtree(self.runs, ignore_errors=True)

    def _this_node(self) -> Json:
        term = {"key": "kubernetes.io/hostname", "operator": "In", "values": [self.site.cluster.state["node"]]}
        return {"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}

    def _make_volume(self, claim: str, mode: str, source: Json) -> str:
        name = f"{self.namespace}-{claim}"
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": [mode],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "",
                "claimRef": {"namespace": self.namespace, "name": claim},
                **source,
            },
        }
        self.api.create(cluster_wide("persistentvolumes"), volume)
        wish = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim},
            "spec": {
                "accessModes": [mode],
                "storageClassName": "",
                "volumeName": name,
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
        self.api.create(in_namespace(self.namespace, "persistentvolumeclaims"), wish)
        return name

    def submit(self, entries: Sequence[str], *, folder: str | None = None, budget: int = 5) -> str:
        """Submits a job, as a user does, and returns its name.

        Args:
            entries: What is evaluated.
            folder: Folder on the run store; None for a job without one.
            budget: How often it may be disrupted.
        """
        image, _, tag = self.site.cluster.image.rpartition(":")
        mounts = [
            {"claim": f"host-{number}", "mount_path": str(path), "read_only": True}
            for number, path in enumerate(self._mounts)
        ]
        values = {
            "image": image,
            "tag": tag,
            "namespace": self.namespace,
            "tracking_uri": self._tracking_uri,
            "python": sys.executable,
            "budget": budget,
            "plugin": TESTS / "many_plugin.py",
            "volumes": json.dumps(mounts),
            "run_store": "null" if folder is None else json.dumps({"claim": RUNS_CLAIM, "folder": folder}),
        }
        config = self.site.folder / f"{folder or 'job'}.yml"
        config.write_text(CONFIG % values)
        paths = ("--path-to-config", config, "--path-to-helm-config", self._write_entries(entries))
        done = self.site.run("evaluation", "submit-job", *paths, "--config-version", "v1", "--json").run()
        assert done.returncode == 0, done.stderr
        (job,) = json.loads(done.stdout)["jobs"]
        return str(job["name"])

    def _write_entries(self, entries: Sequence[str]) -> Path:
        return write_run_entries(self.site.folder / "run_specs.conf", list(entries))

    def wait_for_end(self, name: str) -> str:
        """Waits until a job is `Complete` or `Failed`."""
        query = {"fieldSelector": f"metadata.name={name}"}
        for change in watch(self.api, in_namespace(self.namespace, "jobs"), query, deadline_s=WITHIN_S):
            outcome = is_finished(change.object)
            if outcome is not None:
                return str(outcome)
        raise AssertionError(f"{name} has not ended: {self._what_there_is(name)}")

    def wait_for_pod(self, name: str, is_it: Callable[[Json], bool]) -> Json:
        """Waits until a pod of a job is as it should be."""
        query = {"labelSelector": of_job(name)}
        for change in watch(self.api, in_namespace(self.namespace, "pods"), query, deadline_s=WITHIN_S):
            if change.kind is not ChangeKind.DELETED and is_it(change.object):
                return change.object
        raise AssertionError(f"no pod of {name} is as it should be: {self._what_there_is(name)}")

    def pods(self, name: str) -> list[Json]:
        """The pods of a job that are still there, the oldest first."""
        answer = self.api.get(in_namespace(self.namespace, "pods"), {"labelSelector": of_job(name)})
        return sorted(answer["items"], key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def lines(self, pod: str, container: str = "eval") -> Iterator[str]:
        """What a container prints, as it does, to its end; the kubelet may need a moment to find the file."""
        deadline = time.monotonic() + WITHIN_S
        began = False
        while not began and time.monotonic() < deadline:
            for line in self._lines_once(pod, container):
                if began or not line.startswith("failed to try resolving symlinks"):
                    began = True
                    yield line
            time.sleep(0.1)

    def _lines_once(self, pod: str, container: str) -> Iterator[str]:
        query = {"container": container, "follow": "true"}
        with self.api.stream(in_namespace(self.namespace, "pods", pod, "log"), query, silence_s=WITHIN_S) as answer:
            rest = b""
            for chunk in answer.stream(4096):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in whole)

    def events(self, pod: str) -> Iterator[PodEvent]:
        """What the container tells, as it does, to its end."""
        return (event for line in self.lines(pod) if (event := parse_event_line(line)) is not None)

    def evict(self, name: str, pod: str, *, then: Callable[[], object] = lambda: None) -> Json:
        """Evicts a pod, as a drain does, and returns it as it was at its end.

        Args:
            name: The job.
            pod: Its pod.
            then: What to do at once when the pod has been told to end.
        """
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.namespace}}
        pods = in_namespace(self.namespace, "pods")
        # Watched from before, because a pod that has ended is soon gone.
        changes = watch(self.api, pods, {"labelSelector": of_job(name)}, deadline_s=WITHIN_S, say_listed=True)
        for change in changes:
            if change.kind is ChangeKind.LISTED:
                self.api.create(f"{pods}/{pod}/eviction", body)
                then()
            elif change.object["metadata"]["name"] == pod and ended(change.object) is not None:
                return change.object
        raise AssertionError(f"{pod} has not ended: {self._what_there_is(name)}")

    def _what_there_is(self, name: str) -> object:
        events = self.api.get(in_namespace(self.namespace, "events"))["items"]
        told = [event["message"] for event in events[-12:]]
        return [(pod["metadata"]["name"], pod.get("status")) for pod in self.pods(name)], told


def ended(pod: Json) -> Json | None:
    """How the container of an evaluation ended, or None while it has not."""
    for status in pod.get("status", {}).get("containerStatuses", ()):
        found = status.get("state", {}).get("terminated")
        if found is not None:
            return dict(found)
    return None


def last_word(pod: Json) -> LastWord | None:
    """The last word of a pod that has ended."""
    return LastWord.parse(str((ended(pod) or {}).get("message", "")))


def is_running(pod: Json) -> bool:
    """Whether the container of an evaluation runs, and nobody has asked it to end."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return "deletionTimestamp" not in pod["metadata"] and any("running" in one.get("state", {}) for one in statuses)
