"""Where in the user's config file a key stands, so that a remedy can say which line to change."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import text, texts
from cajajejo.manifests.labels import CONFIG_PATH_ANNOTATION
from cajajejo.pod_protocol import CONFIG_FILE

__all__ = ["line_of", "place_of"]

_LINE_ANNOTATION = "cajajejo/config-line-"
_KEY = re.compile(r"""( *)(["']?)([A-Za-z_][A-Za-z0-9_.-]*)\2 *:(?: |$)""")
_LONGEST = 2**20


def place_of(key: str, job: Json, config_maps: Mapping[str, Json | None] | None) -> str | None:
    """Returns `<path>:<line>` of a config key, or as much of it as is known, or None.

    Args:
        key: The path of the key, such as `compute_config.accelerator`.
        job: The Job; its annotations say where the config came from.
        config_maps: What the pods mount; one of them holds the config as the user wrote it.
    """
    annotations = texts(job, "metadata", "annotations")
    noted = annotations.get(_LINE_ANNOTATION + key.rpartition(".")[2].replace("_", "-"))
    if noted:
        return noted
    path = annotations.get(CONFIG_PATH_ANNOTATION)
    config = next((found for each in (config_maps or {}).values() if (found := text(each, "data", CONFIG_FILE))), "")
    line = line_of(config, key)
    if path:
        return path if line is None else f"{path}:{line}"
    return None if line is None else f"line {line} of the config"


def line_of(config: str, key: str) -> int | None:
    """Returns the line, from 1, where a key stands in YAML of the block style, or None where it is not found."""
    if len(config) > _LONGEST:
        return None
    wanted = key.split(".")
    found: list[int] = []  # How far the keys that were found so far are indented.
    children: int | None = 0  # How far the keys below the last of them are; None: not seen yet.
    for line_number, line in enumerate(config.splitlines(), start=1):
        match = _KEY.match(line)
        if match is None:
            continue
        depth = len(match[1])
        while found and depth <= found[-1]:
            children = found.pop()
        if children is None:
            children = depth
        if depth == children and match[3] == wanted[len(found)]:
            if len(found) + 1 == len(wanted):
                return line_number
            found.append(depth)
            children = None
    return None
