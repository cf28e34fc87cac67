"""Observations of a real cluster as files of the corpus: shrunk to what a verdict may rest on."""

import json
from pathlib import Path
from typing import Any

from cajajejo.cluster.explain import Observation, Verdict
from cajajejo.cluster.explain.recording import to_plain

from .place import Cause

Json = dict[str, Any]

CORPUS = Path(__file__).parents[2] / "unit" / "cluster" / "explain" / "corpus"
_MOST_OTHERS = 6
_POD_NOISE = ("enableServiceLinks", "dnsPolicy", "hostname", "preemptionPolicy", "securityContext", "serviceAccount")
_VOLUME_SOURCES = ("hostPath", "local", "csi", "nfs")


def record(cause: Cause, observation: Observation, verdict: Verdict, kubernetes: str, runtime: str) -> Path:
    """Writes one file of the corpus; returns its path."""
    played = f"; the test plays {cause.played}" if cause.played else ""
    content = {
        "expected": verdict.code.value,
        "state": verdict.state.value,
        "healthy": verdict.healthy,
        "from": f"recorded on Kubernetes {kubernetes}, {runtime}{played}",
        "observation": shrunk(to_plain(observation)),
    }
    path = CORPUS / f"recorded-{cause.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return path


def shrunk(plain: Json) -> Json:
    """Takes away what no verdict looks at; of what other tests made at the same time a few are enough."""
    namespace = plain["namespace"]
    plain["nodes"] = _shrunk_list(plain.get("nodes"), _node)
    others = [pod for pod in plain.get("node_pods") or () if pod["metadata"].get("namespace") != namespace]
    own = [pod for pod in plain.get("node_pods") or () if pod["metadata"].get("namespace") == namespace]
    if plain.get("node_pods") is not None:
        plain["node_pods"] = [_node_pod(pod) for pod in [*own, *others[:_MOST_OTHERS]]]
    if plain.get("volumes") is not None:
        classes = [claim["spec"].get("storageClassName") for claim in plain.get("claims") or ()]
        others = [volume for volume in plain["volumes"] if volume["spec"].get("storageClassName") not in classes]
        own = [volume for volume in plain["volumes"] if volume not in others]
        plain["volumes"] = [_volume(volume) for volume in [*own[:_MOST_OTHERS], *others[:1]]]
    if plain.get("job"):
        plain["job"]["spec"].pop("template", None)
    for pod in plain.get("pods") or ():
        for key in _POD_NOISE:
            pod["spec"].pop(key, None)
    plain["events"] = [_event(event) for event in plain.get("events") or ()]
    return {key: value for key, value in plain.items() if value is not None}


def _shrunk_list(found: list[Json] | None, shrink: Any) -> list[Json] | None:
    return None if found is None else [shrink(each) for each in found]


def _event(event: Json) -> Json:
    about = {
        key: value for key, value in event["involvedObject"].items() if key not in ("apiVersion", "resourceVersion")
    }
    kept = {key: value for key, value in event.items() if value not in (None, "") and key != "reportingInstance"}
    return {
        **kept,
        "involvedObject": about,
        "metadata": {"creationTimestamp": event["metadata"].get("creationTimestamp")},
    }


def _node(node: Json) -> Json:
    status = node.get("status", {})
    return {
        "metadata": {key: node["metadata"].get(key) for key in ("name", "labels", "uid")},
        "spec": node.get("spec", {}),
        "status": {key: status.get(key) for key in ("allocatable", "conditions")},
    }


def _node_pod(pod: Json) -> Json:
    containers = [{"resources": each.get("resources", {})} for each in pod["spec"].get("containers", ())]
    return {
        "metadata": {key: pod["metadata"].get(key) for key in ("name", "namespace", "uid")},
        "spec": {"nodeName": pod["spec"].get("nodeName"), "containers": containers},
        "status": {"phase": pod.get("status", {}).get("phase")},
    }


def _volume(volume: Json) -> Json:
    spec = {key: value for key, value in volume["spec"].items() if key not in _VOLUME_SOURCES}
    return {"metadata": {"name": volume["metadata"]["name"]}, "spec": spec, "status": volume.get("status", {})}
