"""Kubeconfigs as users have them."""

import json
from pathlib import Path
from typing import Any

from cajajejo.cluster.client.connection import ClusterOptions, Connection, connect

Json = dict[str, Any]


def kubeconfig(path: Path, **changes: object) -> Path:
    """Writes a kubeconfig, as YAML that is JSON; `changes` replace its top-level keys."""
    config: Json = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "a",
        "contexts": [
            {"name": "a", "context": {"cluster": "c", "user": "u", "namespace": "team"}},
            {"name": "production", "context": {"cluster": "c"}},
        ],
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9/"}}],
        "users": [{"name": "u", "user": {"token": "t0ken"}}],
        **changes,
    }
    path.write_text(json.dumps(config))
    return path


def opened(path: Path, **options: Any) -> Connection:
    return connect(ClusterOptions(kubeconfig=path, **options))


def user(**fields: object) -> list[Json]:
    return [{"name": "u", "user": fields}]


def cluster(**fields: object) -> list[Json]:
    return [{"name": "c", "cluster": fields}]
