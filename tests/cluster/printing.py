"""Jobs whose containers print, and commands of cajajejo that look at them."""

import codecs
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubernetes import client as k8s

from cluster.node import TestCluster

Json = dict[str, Any]

JOB = "eval-neurips-talkative-heron"
PROGRAM = str(Path(sys.executable).with_name("cajajejo"))
WITHIN_S = 90.0
LABELS = {"app.kubernetes.io/managed-by": "cajajejo", "app.kubernetes.io/instance": JOB}
COUNT = "import sys, time\nfor n in range({count}):\n    print('line', n, flush=True)\n    time.sleep({pause_s})\n"
POLICY = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}


def counting(count: int, pause_s: float = 0.0) -> str:
    """A program that prints numbered lines."""
    return COUNT.format(count=count, pause_s=pause_s)


def printing_job(
    image: str,
    script: str,
    *,
    init: str | None = None,
    pod: Json | None = None,
    mounts: Sequence[Json] = (),
    **spec: Any,
) -> Json:
    """A Job whose containers run Python programs; `TRIES` tells them how many pods have failed before."""

    def container(name: str, program: str) -> Json:
        small = {"cpu": "20m", "memory": "32Mi"}
        command = ["python3", "-u", "-c", program]
        path = "metadata.annotations['batch.kubernetes.io/job-index-failure-count']"
        tries = {"name": "TRIES", "valueFrom": {"fieldRef": {"fieldPath": path}}}
        shape = {"name": name, "image": image, "command": command, "env": [tries]}
        return {**shape, "resources": {"requests": small}, "volumeMounts": list(mounts)}

    template = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 2, "containers": [container("eval", script)]}
    if init is not None:
        template["initContainers"] = [container("init", init)]
    shape = {
        "completionMode": "Indexed",
        "completions": 1,
        "parallelism": 1,
        "backoffLimit": 3,
        "backoffLimitPerIndex": 3,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": POLICY,
        "template": {"metadata": {"labels": LABELS}, "spec": {**template, **(pod or {})}},
    }
    kept = {name: value for name, value in {**shape, **spec}.items() if value is not None}
    return {"metadata": {"name": JOB, "labels": LABELS}, "spec": kept}


class Place:
    """A namespace for one job."""

    def __init__(self, cluster: TestCluster, namespace: str, client: Any) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.core = k8s.CoreV1Api(client)
        self.batch = k8s.BatchV1Api(client)

    def submit(self, script: str, **parts: Any) -> None:
        self.batch.create_namespaced_job(self.namespace, printing_job(self.cluster.image, script, **parts))

    def pods(self) -> list[Any]:
        found = self.core.list_namespaced_pod(self.namespace).items
        return sorted(found, key=lambda pod: pod.metadata.creation_timestamp)

    def log(self, container: str = "eval") -> bytes:
        """The log of the newest pod, as the API server gives it."""
        pod = self.pods()[-1].metadata.name
        answer = self.core.read_namespaced_pod_log(pod, self.namespace, container=container, _preload_content=False)
        return bytes(answer.data)

    def evict(self, pod: str) -> None:
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.namespace}}
        self.core.create_namespaced_pod_eviction(pod, self.namespace, body)

    @contextmanager
    def cajajejo(self, *arguments: str) -> Iterator["Talk"]:
        command = [PROGRAM, *arguments, "-n", self.namespace, "--kubeconfig", str(self.cluster.kubeconfig)]
        with Talk(command) as talk:
            yield talk

    def run(self, *arguments: str) -> "Talk":
        """A command, after it has ended."""
        with self.cajajejo(*arguments) as talk:
            talk.end()
        return talk


class Talk:
    """A command that runs, and what it has printed so far."""

    def __init__(self, command: list[str]) -> None:
        self._changed = threading.Condition()
        self._text = {"out": "", "err": ""}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "XDG_STATE_HOME": "/nonexistent"},
            # Tests that a script starts in its background ignore the signal, and would hand that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        streams = {"out": self._process.stdout, "err": self._process.stderr}
        self._readers = [threading.Thread(target=self._read, args=item, daemon=True) for item in streams.items()]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()

    @property
    def out(self) -> str:
        return self._text["out"]

    @property
    def err(self) -> str:
        return self._text["err"]

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def wait_for(self, text: str, *, on: str = "out", times: int = 1) -> None:
        """Waits until a stream has said something."""

        def is_said() -> bool:
            return self._text[on].count(text) >= times

        with self._changed:
            said = self._changed.wait_for(lambda: is_said() or not self._is_read(), WITHIN_S)
        assert said, f"no {text!r} in {WITHIN_S} s: {self._text}"
        assert is_said(), self._text

    def end(self) -> int:
        """Waits for its end and returns the exit code."""
        code = self._process.wait(timeout=WITHIN_S)
        for reader in self._readers:
            reader.join()
        return code

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def _is_read(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def _read(self, name: str, stream: Any) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with stream:
            while data := stream.read1(65536):
                with self._changed:
                    self._text[name] += decoder.decode(data)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
