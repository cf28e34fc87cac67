"""Jobs that do what a test wants, submitted to a real cluster."""

import contextlib
import copy
import http.client
import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.client.paths import OURS, in_namespace
from cajajejo.cluster.jobs import name_of, uid_of
from cajajejo.config.load import load_evaluation
from cajajejo.manifests.render import ConfigSource, render
from cajajejo.manifests.spec import JobSpec
from cajajejo.testing import write_run_entries
from cluster.node import TestCluster
from commands import Command

Json = dict[str, Any]
CONFIG = """\
version: v1
image: %(image)s
image_tag: "%(tag)s"
compute_config: {accelerator: null, cpu: "0.1", memory: 64Mi}
helm: {args: [--max-eval-instances, "%(number)s"], suite: v1}
mlflow_config: {tracking_uri: "http://mlflow.invalid:5000"}
model_config: {builtin: tiny}
tracking_config: {experiment_name: test}
kubernetes_config:
  service_account: default
  namespace: %(namespace)s
  shared_memory: 16Mi
  storage: {class: ssd, create_class: false, size: 1Gi}
"""


@dataclass(frozen=True)
class Site:
    """A namespace of a real cluster, and a folder of this machine."""

    cluster: TestCluster
    namespace: str
    folder: Path
    api: Api

    def write_config(self, number: int = 1, comment: str = "") -> Path:
        """Writes a job config; another number makes another content."""
        image, _, tag = self.cluster.image.rpartition(":")
        values = {"image": image, "tag": tag, "number": number, "namespace": self.namespace}
        path = self.folder / f"job{number}.yml"
        path.write_text(CONFIG % values + comment)
        return path

    def write_entries(self) -> Path:
        return write_run_entries(self.folder / "entries.conf", ["good:n=4"])

    def spec(self, *command: str, number: int = 1, comment: str = "") -> JobSpec:
        """A job that runs a command instead of an evaluation."""
        inputs = load_evaluation(self.write_config(number, comment), self.write_entries())
        spec = render(inputs, ConfigSource("job.yml", "entries.conf", "v1"))
        if not command:
            return spec
        job = copy.deepcopy(spec.job)
        (container,) = job["spec"]["template"]["spec"]["containers"]
        container.update(command=list(command), args=[])
        return JobSpec(job, spec.config_map, spec.storage_class)

    def write_spec(self, *command: str, number: int = 1) -> Path:
        path = self.folder / f"spec{number}.yml"
        path.write_text(self.spec(*command, number=number).to_yaml())
        return path

    def run(self, *arguments: object, kubeconfig: Path | None = None) -> Command:
        """A command of `cajajejo jobs` against this cluster."""
        words = ("jobs", *map(str, arguments), "--kubeconfig", str(kubeconfig or self.cluster.kubeconfig))
        return Command(words, environment={"XDG_STATE_HOME": str(self.folder / "state")})

    def of_kind(self, kind: str) -> dict[str, Json]:
        answer = self.api.get(in_namespace(self.namespace, kind), {"labelSelector": OURS})
        return {name_of(item): item for item in answer["items"]}

    def assert_whole(self, *names: str) -> None:
        """Exactly these Jobs, each the owner of its ConfigMap; and nothing else."""
        jobs = self.of_kind("jobs")
        assert sorted(jobs) == sorted(names)
        owners = {
            name: item["metadata"].get("ownerReferences", []) for name, item in self.of_kind("configmaps").items()
        }
        mounted = {_config_map(job): uid_of(job) for job in jobs.values()}
        assert {name: [owner["uid"] for owner in found] for name, found in owners.items()} == {
            name: [uid] for name, uid in mounted.items()
        }


def _config_map(job: Json) -> str:
    volumes = job["spec"]["template"]["spec"]["volumes"]
    return next(str(volume["configMap"]["name"]) for volume in volumes if "configMap" in volume)


@contextlib.contextmanager
def open_site(cluster: TestCluster, namespace: str, folder: Path) -> Iterator[Site]:
    api = Api(connect(ClusterOptions(kubeconfig=cluster.kubeconfig)))
    try:
        yield Site(cluster, namespace, folder, api)
    finally:
        api.close()


class Gate:
    """Stands before the API server, sees each request in plain, and may act before it or after it.

    Attributes:
        kubeconfig: Leads through the gate, as an administrator.
        seen: Method and path of each request.
    """

    def __init__(self, site: Site) -> None:
        self.seen: list[str] = []
        self.before: Callable[[int], None] = lambda _: None
        """Called with the number of a request, from 1, before the API server gets it."""
        self.after: Callable[[int], None] = lambda _: None
        """The same, when the API server has done it and its answer has not been passed on."""
        self._address = urlsplit(site.api.connection.server)
        self._headers = site.api.connection.headers()
        self._lock = threading.Lock()
        self.kubeconfig = site.folder / "gate.json"

    @contextlib.contextmanager
    def open(self) -> Iterator["Gate"]:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

            def do_GET(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with outer._lock:
                    outer.seen.append(f"{self.command} {self.path.partition('?')[0]}")
                    number = len(outer.seen)
                outer.before(number)
                status, headers, body = outer._ask(self.command, self.path, dict(self.headers), data)
                outer.after(number)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - `http.server` asks for these names

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self._write_kubeconfig(server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def _ask(self, method: str, path: str, headers: dict[str, str], data: bytes) -> tuple[int, dict[str, str], bytes]:
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        way = http.client.HTTPSConnection(self._address.hostname or "", self._address.port, context=trust, timeout=30)
        try:
            kept = {name: value for name, value in headers.items() if name.lower() in ("accept", "content-type")}
            way.request(method, path, body=data, headers={**kept, **self._headers})
            answer = way.getresponse()
            told = {name: value for name, value in answer.getheaders() if name.lower() in ("content-type", "date")}
            return answer.status, told, answer.read()
        finally:
            way.close()

    def _write_kubeconfig(self, port: int) -> None:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "gate",
            "contexts": [{"name": "gate", "context": {"cluster": "gate"}}],
            "clusters": [{"name": "gate", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        }
        self.kubeconfig.write_text(json.dumps(config))
