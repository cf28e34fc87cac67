"""The grammars of text values: each says what is allowed, and which document the rule comes from."""

from __future__ import annotations

import json
import re

from cajajejo.config.base import Grammar
from cajajejo.config.findings import Finding, listed, shown, spelled
from cajajejo.config.suggest import nearest

__all__ = [
    "DEVICE_MAP",
    "DISK_TYPE",
    "EXPERIMENT_NAME",
    "FOLDER",
    "HUB_REPOSITORY",
    "HUB_REVISION",
    "LABEL_VALUE",
    "MIG_PROFILE",
    "NAMESPACE",
    "NOTE",
    "OBJECT_NAME",
    "PATH_COMPONENT",
    "RELATIVE_PATH",
    "RUN_ID",
    "RUN_NAME",
    "VERSION",
    "longest",
    "matching",
    "tag_key_fault",
    "tag_value_fault",
]

_TAG_KEY_LENGTH = 250
_TAG_VALUE_LENGTH = 8000
_RESERVED_TAGS = frozenset(
    {
        "config_git_sha",
        "config_path_git_repo",
        "helm_config_path_git_repo",
        "image_build_cajajejo_version",
        "model_run_id",
        "model_artifact_path",
        "model_gs_uri",
        "accelerator",
        "cpu",
        "memory",
        "helm_args",
        "image",
        "image_tag",
        "job_name",
    }
)
_DEVICE_MAPS = ("auto", "balanced", "sequential", "cpu", "cuda")


def matching(what: str, pattern: str, allowed: str, *, longest: int | None = None) -> Grammar:
    """Return a grammar that is one regular expression, which must match the whole text.

    Args:
        what: What the text is meant to be, such as "a run id".
        pattern: The expression, without anchors.
        allowed: The same in words.
        longest: How many characters the text may have.

    Returns:
        The grammar.
    """
    compiled = re.compile(pattern, re.ASCII)

    def fault(text: str) -> str | None:
        if not text:
            return "the text is empty"
        if longest is not None and len(text) > longest:
            return f"{shown(text)} has {len(text):,} characters, {longest:,} at most are allowed"
        return None if compiled.fullmatch(text) else f"{shown(text)} is not {what}"

    return Grammar(allowed, fault, f"^(?:{pattern})$")


def longest(limit: int, *, empty: bool = False, one_line: bool = True) -> Grammar:
    """Return a grammar for free text.

    Args:
        limit: How many characters it may have.
        empty: Whether it may be empty.
        one_line: Whether line ends are refused.

    Returns:
        The grammar.
    """

    def fault(text: str) -> str | None:
        if not empty and not text.strip():
            return "the text is empty"
        if one_line and ("\n" in text or "\r" in text):
            return "the text has more than one line"
        return f"the text has {len(text):,} characters" if len(text) > limit else None

    return Grammar(f"text of at most {limit:,} characters", fault)


def _path(what: str, allowed: str, *, relative: bool) -> Grammar:
    def fault(text: str) -> str | None:
        if not text.strip():
            return "the path is empty"
        if "\n" in text or "\x00" in text:
            return f"{shown(text)} has a character that no path has"
        if relative and text.startswith(("/", "~")):
            return f"{shown(text)} is not relative"
        if relative and ".." in text.split("/"):
            return f"{shown(text)} leaves the folder by .."
        if "://" in text:
            return f"{shown(text)} is a URI, not {what}"
        return None

    return Grammar(allowed, fault, None)


VERSION = longest(250)
"""What the author calls this version of the config; it becomes an MLflow tag."""

LABEL_VALUE = matching(
    "a label value",
    r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "letters, digits, - _ . with a letter or digit first and last, such as nvidia-tesla-t4",
    longest=63,
)
"""A value of a node label (Kubernetes: "Labels and Selectors, syntax and character set")."""

NAMESPACE = matching(
    "a namespace",
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and -, with a letter or digit first and last",
    longest=63,
)
"""A DNS label (RFC 1123)."""

OBJECT_NAME = matching(
    "the name of a Kubernetes object",
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
    "lower-case letters, digits, - and ., with a letter or digit first and last",
    longest=253,
)
"""A DNS subdomain (RFC 1123)."""

DISK_TYPE = matching("a disk type", r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "a type such as pd-balanced, pd-ssd", longest=63)
"""A type of Google's persistent disks."""

MIG_PROFILE = matching(
    "a slice of a GPU",
    r"[1-9]g\.[1-9][0-9]*gb(\.[a-z]+)*",
    "computing slices and memory, such as 1g.5gb or 3g.40gb",
    longest=32,
)
"""A profile of NVIDIA's Multi-Instance GPU, as nodes name it (+ becomes a dot)."""

PATH_COMPONENT = matching(
    "one folder name",
    r"[A-Za-z0-9_][A-Za-z0-9._-]*",
    "letters, digits, . _ - with no dot or dash first",
    longest=128,
)
"""HELM makes a folder of its suite's name."""

RUN_ID = matching("an MLflow run id", r"[0-9a-f]{32}", "32 lower-case hexadecimal digits")
"""MLflow makes run ids with `uuid4().hex`."""

RELATIVE_PATH = _path("a path", "a relative path without ..", relative=True)
"""A path inside a downloaded folder; it must not lead out of it."""

FOLDER = _path("a folder", "the path of a folder", relative=False)
"""A folder on this machine or a mounted volume."""

EXPERIMENT_NAME = longest(500)
"""MLflow: `MAX_EXPERIMENT_NAME_LENGTH`."""

RUN_NAME = longest(250)
"""MLflow: the width of the column that holds a run's name."""

NOTE = longest(_TAG_VALUE_LENGTH, empty=True, one_line=False)
"""A description is the tag `mlflow.note.content`."""


def _hub_fault(text: str) -> str | None:
    name = text.rpartition("/")[2]
    if len(text) > 96:
        return f"{shown(text)} has more than 96 characters"
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", text, re.ASCII):
        return f"{shown(text)} is not a repository of the Hugging Face hub"
    for part in text.split("/"):
        if part[0] in "-." or part[-1] in "-." or "--" in part or ".." in part:
            return f"{shown(part)} begins or ends with - or ., or doubles them"
    return f"{shown(name)} ends with .git" if name.endswith(".git") else None


HUB_REPOSITORY = Grammar("name or organisation/name", _hub_fault, r"^[A-Za-z0-9_][\w.-]*(/[\w.-]+)?$")
"""A repository id (huggingface_hub: `validate_repo_id`)."""

HUB_REVISION = matching(
    "a revision",
    r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*",
    "a commit, a tag or a branch",
    longest=255,
)
"""A revision of a repository: what git calls a name of a reference, without the characters that nobody uses."""


def _device_fault(text: str) -> Finding | None:
    if text in _DEVICE_MAPS or re.fullmatch(r"cuda:(0|[1-9][0-9]?)", text):
        return None
    near = nearest(text, _DEVICE_MAPS)
    return Finding(f"{shown(text)} is no device map", suggestion=near and spelled(near))


DEVICE_MAP = Grammar(
    f"allowed are {listed(_DEVICE_MAPS)}, cuda:N",
    _device_fault,
    r"^(auto|balanced|sequential|cpu|cuda(:\d{1,2})?)$",
)
"""Where the layers of a model go (accelerate: `device_map`)."""


def tag_key_fault(key: str) -> Finding | None:
    """Return what is wrong with the key of a tag, if anything.

    MLflow's rule is `_validate_tag_name` in its `utils/validation.py`; the reserved keys are those that the
    toolkit or MLflow itself sets.
    """
    if key in _RESERVED_TAGS or key.startswith("cajajejo."):
        return Finding(f"the tag {shown(key)} is set by the toolkit itself", "choose another key", at_key=True)
    if key.startswith("mlflow."):
        return Finding("tags that begin with mlflow. are MLflow's own", "choose another key", at_key=True)
    allowed = "letters, digits, _ - . : / and spaces, as in a relative path"
    if len(key) > _TAG_KEY_LENGTH:
        return Finding(f"the key has more than {_TAG_KEY_LENGTH} characters", allowed, at_key=True)
    parts = key.split("/")
    if not re.fullmatch(r"[/\w.\- :]+", key) or any(part in ("", ".", "..") for part in parts) or key.startswith(".."):
        return Finding(f"MLflow does not accept {shown(key)} as the key of a tag", allowed, at_key=True)
    return None


def tag_value_fault(value: object) -> Finding | None:
    """Return what is wrong with the value of a tag, if anything: MLflow would silently cut a long one."""
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) <= _TAG_VALUE_LENGTH:
        return None
    return Finding(f"the value has {len(text):,} characters", f"MLflow keeps {_TAG_VALUE_LENGTH:,} at most")
