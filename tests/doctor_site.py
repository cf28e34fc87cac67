"""A cluster on loopback for the tests of `jobs doctor`: objects by path, rights that may be missing, dry runs."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api_server import ApiServer, Reply, Request, serving, status
from cajajejo.cluster.doctor.site import Site

Json = dict[str, Any]

NODE_LABELS = {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4", "kubernetes.io/hostname": "node-a"}
REVIEWS = {
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
}


def node(name: str = "node-a", **changes: Any) -> Json:
    """A node with two GPUs."""
    found: Json = {
        "metadata": {"name": name, "labels": dict(NODE_LABELS)},
        "spec": {},
        "status": {
            "allocatable": {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "2", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    return merged(found, changes)


def merged(before: Json, changes: Json) -> Json:
    result = dict(before)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def job(pod: Json | None = None, labels: dict[str, str] | None = None) -> Json:
    """A Job with one GPU and a disk of class ssd; keys of its pod's spec can be replaced."""
    container = {
        "name": "eval",
        "image": "example/evaluation:1",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "resources": {"limits": {"nvidia.com/gpu": "1"}, "requests": {"cpu": "4", "memory": "16Gi"}},
    }
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "ssd",
        "resources": {"requests": {"storage": "50Gi"}},
    }
    spec: Json = {
        "serviceAccountName": "kubernetes",
        "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"},
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [
            {"name": "configs-volume", "configMap": {"name": "eval-x-0a1b2c3d"}},
            {"name": "scratch-volume", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}},
        ],
        **(pod or {}),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": "eval-x",
            "namespace": "here",
            "labels": labels or {},
            "annotations": {"cajajejo/accelerator": "nvidia-tesla-t4", "cajajejo/config-path": "job.yml"},
        },
        "spec": {"template": {"metadata": {"labels": {"a": "b"}}, "spec": spec}},
    }


CONFIG_MAP: Json = {"kind": "ConfigMap", "metadata": {"name": "eval-x-0a1b2c3d", "namespace": "here"}, "data": {}}
STORAGE_CLASS: Json = {
    "kind": "StorageClass",
    "metadata": {"name": "ssd"},
    "provisioner": "pd.csi.storage.gke.io",
    "volumeBindingMode": "WaitForFirstConsumer",
    "parameters": {"type": "pd-balanced"},
}


@dataclass
class DoctorCluster:
    """What the API server has, and whom it lets do what."""

    objects: dict[str, Json] = field(default_factory=dict)
    denied: set[tuple[str, str]] = field(default_factory=set)
    """Verbs and plurals, such as `("list", "nodes")`."""
    refusals: dict[str, Reply] = field(default_factory=dict)
    """What is answered to a dry run, by plural."""
    groups: tuple[str, ...] = ("batch", "storage.k8s.io", "scheduling.k8s.io")
    version: tuple[str, str] = ("1", "34")
    user: Json = field(default_factory=lambda: {"username": "anna", "groups": ["team", "system:authenticated"]})
    job: Json = field(default_factory=job)
    storage_class: Json | None = None
    created: list[str] = field(default_factory=list)
    """Paths of what was written in earnest."""

    def put(self, path: str, found: Json) -> None:
        self.objects[path] = found

    @property
    def of_job(self) -> dict[str, Json]:
        own = {"Job": self.job, "ConfigMap": CONFIG_MAP}
        return own if self.storage_class is None else {**own, "StorageClass": self.storage_class}

    @contextlib.contextmanager
    def serving(self) -> Iterator[ApiServer]:
        with serving(self.answer) as server:
            yield server

    @contextlib.contextmanager
    def site(self, folder: Path) -> Iterator[Site]:
        with self.serving() as server, server.api(folder) as api:
            yield Site(api, "here", self.of_job, frozenset(self.groups))

    def answer(self, request: Request) -> Reply:
        if request.method == "POST":
            return self._post(request)
        if request.path == "/version":
            major, minor = self.version
            return Reply(body={"major": major, "minor": minor, "gitVersion": f"v{major}.{minor.rstrip('+')}.0"})
        if request.path == "/apis":
            return Reply(body={"groups": [{"name": name} for name in self.groups]})
        return self._get(request)

    def _get(self, request: Request) -> Reply:
        verb = "get" if request.path in self.objects else self._verb(request.path)
        plural = self._plural(request.path, verb)
        if (verb, plural) in self.denied:
            return status(403, f'{plural} is forbidden: User "anna" cannot {verb} resource "{plural}"', "Forbidden")
        if request.path in self.objects:
            return Reply(body=self.objects[request.path])
        if verb == "get":
            return status(404, f"{request.path} not found", "NotFound")
        items = [found for path, found in self.objects.items() if path.rpartition("/")[0] == request.path]
        return Reply(body={"kind": "List", "items": items})

    @staticmethod
    def _verb(path: str) -> str:
        """Paths of lists end with a plural, all others with a name."""
        steps = path.strip("/").split("/")
        steps = steps[2:] if steps[0] == "api" else steps[3:]
        namespaced = steps[0] == "namespaces" and len(steps) > 2
        return "get" if len(steps[2:] if namespaced else steps) > 1 else "list"

    @staticmethod
    def _plural(path: str, verb: str) -> str:
        return path.split("/")[-2 if verb == "get" else -1]

    def _post(self, request: Request) -> Reply:
        body = request.body or {}
        if body.get("kind") == "SelfSubjectReview":
            return Reply(201, {"status": {"userInfo": self.user}})
        if body.get("kind") == "SelfSubjectAccessReview":
            wanted = body["spec"]["resourceAttributes"]
            plural = "/".join(part for part in (wanted["resource"], wanted["subresource"]) if part)
            return Reply(201, {"status": {"allowed": (wanted["verb"], plural) not in self.denied}})
        plural = request.path.rpartition("/")[2]
        if "dryRun" not in request.query:
            self.created.append(request.path)
        return self.refusals.get(plural, Reply(201, body))


def healthy() -> DoctorCluster:
    """A cluster that could run the job."""
    cluster = DoctorCluster()
    cluster.put("/api/v1/namespaces/here", {"metadata": {"name": "here"}})
    cluster.put("/api/v1/namespaces/here/serviceaccounts/kubernetes", {"metadata": {"name": "kubernetes"}})
    storage = "/apis/storage.k8s.io/v1"
    cluster.put(f"{storage}/storageclasses/ssd", {**STORAGE_CLASS, "reclaimPolicy": "Delete"})
    cluster.put(f"{storage}/csidrivers/pd.csi.storage.gke.io", {"metadata": {"name": "pd.csi.storage.gke.io"}})
    cluster.put("/api/v1/nodes/node-a", node())
    return cluster
