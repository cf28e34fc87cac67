"""Grammars of what Kubernetes itself has a rule for: labels, annotations, variables, mounts, tolerations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import cajajejo.config.grammars.texts as values
from cajajejo.config.base import Grammar
from cajajejo.config.findings import Finding, shown
from cajajejo.redact import looks_secret, without_userinfo

__all__ = [
    "DATA_KEY",
    "ENV_TEXT",
    "FLUSH_S",
    "LABEL_KEY",
    "LARGEST_INT",
    "MOUNT_PATH",
    "NAME_PREFIX",
    "PROVISIONER",
    "QUEUE",
    "SUB_PATH",
    "PairCheck",
    "annotation_faults",
    "env_faults",
    "label_faults",
    "mount_faults",
    "reserved_faults",
    "toleration_faults",
]

PairCheck: TypeAlias = Callable[[str, str], Iterable[Finding]]
"""Finds what is wrong with a key and its value."""

LARGEST_INT = 2**31 - 1
FLUSH_S = 20
"""How long an evaluation that is told to end may take to save what it has."""

_DNS_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_SUBDOMAIN = rf"{_DNS_LABEL}(\.{_DNS_LABEL})*"
_LABEL_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"

LABEL_KEY = values.matching(
    "the key of a label",
    rf"({_SUBDOMAIN}/)?{_LABEL_NAME}",
    "at most 63 letters, digits, - _ . with a letter or digit first and last; before it, if anything, a domain and /",
    longest=253 + 1 + 63,
)
"""A key of a label, annotation or taint (Kubernetes: "Labels and Selectors, syntax and character set")."""

NAME_PREFIX = values.matching(
    "the beginning of a job's name",
    r"[a-z]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and -, with a letter first and no - last, such as eval-neurips",
    longest=24,
)
"""Two words, four characters of a hash, an attempt and Kubernetes' own suffix must fit behind it into 63 characters."""

QUEUE = values.matching(
    "the name of a LocalQueue",
    _SUBDOMAIN,
    "lower-case letters, digits, - and ., with a letter or digit first and last",
    longest=63,
)
"""An object's name that must be the value of a label too."""

PROVISIONER = values.matching(
    "the name of a provisioner",
    rf"({_SUBDOMAIN}/)?{_LABEL_NAME}",
    "a name such as pd.csi.storage.gke.io or ebs.csi.aws.com",
    longest=63,
)
"""A CSI driver's name (Kubernetes: `ValidateStorageClass`, "qualified name")."""

DATA_KEY = values.matching("a key of a Secret or ConfigMap", r"[A-Za-z0-9._-]+", "letters, digits, - _ .", longest=253)
"""Kubernetes: `IsConfigMapKey`."""


_VARIABLE_LIMIT = 100_000
"""Linux gives name and value 131,072 bytes (`MAX_ARG_STRLEN`); a longer one keeps the container from starting."""


def _env_text_fault(text: str) -> str | None:
    if "\0" in text:
        return "the text has a NUL character, which no variable can hold"
    if len(text.encode(errors="replace")) > _VARIABLE_LIMIT:
        return f"the text has more than {_VARIABLE_LIMIT:,} bytes"
    return "the text has half a character (a lone surrogate)" if _half_characters(text) else None


ENV_TEXT = Grammar("text of at most 100,000 bytes", _env_text_fault)
"""The value of an environment variable."""


def _mount_fault(text: str) -> str | None:
    if not text.startswith("/"):
        return f"{shown(text)} is not absolute"
    if ":" in text or any(not character.isprintable() for character in text) or _half_characters(text):
        return f"{shown(text)} has a character that no mount path may have"
    if any(part in ("", ".", "..") for part in text[1:].split("/")):
        return f"{shown(text)} has an empty part, . or .."
    return None


MOUNT_PATH = Grammar("an absolute path such as /models", _mount_fault, r"^/[^:]+$")
"""Where a volume is mounted (Kubernetes: `ValidateVolumeMounts`)."""


def _sub_path_fault(text: str) -> str | None:
    if text.startswith("/"):
        return f"{shown(text)} is not relative"
    if any(not character.isprintable() for character in text) or _half_characters(text):
        return f"{shown(text)} has a character that no folder should have"
    if text and any(part in ("", ".", "..") for part in text.removesuffix("/").split("/")):
        return f"{shown(text)} has an empty part, . or .."
    return None


SUB_PATH = Grammar("a relative path without ..", _sub_path_fault)
"""A folder on a volume; empty: the volume itself."""

_OURS = frozenset(
    f"app.kubernetes.io/{name}" for name in ("name", "instance", "managed-by", "part-of", "version", "component")
)
_RESERVED_DOMAINS = ("cajajejo", "batch.kubernetes.io", "kueue.x-k8s.io", "controller-uid", "job-name")


def reserved_faults(key: str, value: str) -> Iterator[Finding]:  # noqa: ARG001  # a PairCheck
    """Yield a finding if a label or annotation is the toolkit's or Kubernetes' own."""
    domain = key.partition("/")[0]
    if key == "kueue.x-k8s.io/queue-name":
        yield Finding("the queue has a key of its own", "kubernetes_config.queue", at_key=True)
    elif key in _OURS or domain in _RESERVED_DOMAINS or domain.endswith(".cajajejo"):
        yield Finding(f"{shown(key)} is set by the toolkit or by Kubernetes", "choose another key", at_key=True)


def label_faults(key: str, value: str) -> Iterator[Finding]:
    """Yield what is wrong with a label; its value may be empty."""
    yield from _key_faults(key)
    if value:
        yield from values.LABEL_VALUE.findings(value)


def annotation_faults(key: str, value: str) -> Iterator[Finding]:
    """Yield what is wrong with an annotation: its value may be any text."""
    yield from _key_faults(key)
    if _half_characters(value):
        yield Finding("the text has half a character (a lone surrogate)", "any text")
    elif len(value.encode()) > 64 * 1024:
        yield Finding(f"the text has {len(value.encode()):,} bytes", "at most 65,536")


def _key_faults(key: str) -> Iterator[Finding]:
    for finding in LABEL_KEY.findings(key):
        yield Finding(finding.message, finding.allowed, at_key=True)
    if len(key.rpartition("/")[0]) > 253:
        yield Finding(f"the domain of {shown(key)} has more than 253 characters", "a shorter one", at_key=True)


_SET_BY_US: Mapping[str, str] = {
    "CONFIG_PATH_GIT_REPO": "it is the path of the config",
    "HELM_CONFIG_PATH_GIT_REPO": "it is the path of the run entries",
    "JOB_NAME": "it is the job's name; see kubernetes_config.name_prefix",
    "CONFIG_VERSION": "give --config-version when submitting",
    "MLFLOW_TRACKING_URI": "set mlflow_config.tracking_uri",
    "JOB_COMPLETION_INDEX": "Kubernetes sets it",
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def env_faults(name: str, value: str | None) -> Iterator[Finding]:
    """Yield what is wrong with a variable: its name, or a secret written out.

    Args:
        name: The variable's name.
        value: Its value, where it is written out.

    Yields:
        Findings; none of them shows a value.
    """
    if not _VARIABLE.fullmatch(name):
        yield Finding(
            f"{shown(name)} is not the name of a variable", "letters, digits and _, no digit first", at_key=True
        )
    elif name in _SET_BY_US:
        yield Finding(f"the toolkit sets {name} itself", _SET_BY_US[name], at_key=True)
    elif name.startswith("CAJAJEJO_"):
        yield Finding(f"the toolkit sets {name} itself", "choose another name", at_key=True)
    elif value and (looks_secret(name) or without_userinfo(value) != value):
        what = f"{name} looks like a secret" if looks_secret(name) else "the address holds a user name or password"
        remedy = f"put it into a Secret and write {name}: {{secret: NAME, key: KEY}}"
        yield Finding(f"{what}, and this file is no place for one", remedy, loc=("value",), secret=True)


_TAKEN = ("/scratch", "/etc/configs", "/dev", "/runs", "/weights-cache", "/proc", "/sys")


def mount_faults(paths: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each mount path that would hide another one, or one of the toolkit's."""
    for index, path in enumerate(paths):
        rivals = [*_TAKEN, *paths[:index]]
        rival = next((rival for rival in rivals if _inside(path, rival) or _inside(rival, path)), None)
        if rival is not None:
            yield Finding(
                f"{shown(path)} and {rival} would hide one another",
                "a path of its own, such as /models",
                loc=(index, "mount_path"),
            )


def _inside(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def toleration_faults(given: Mapping[str, object]) -> Iterator[Finding]:
    """Yield what does not fit together in a toleration (Kubernetes: `ValidateTolerations`)."""
    if given["operator"] == "Exists" and given["value"] is not None:
        yield Finding("Exists takes any value", "leave value out, or use the operator Equal", loc=("value",))
    if given["operator"] == "Equal" and given["key"] is None:
        yield Finding("a toleration without a key tolerates every taint", "operator: Exists", loc=("operator",))
    if given["toleration_seconds"] is not None and given["effect"] != "NoExecute":
        yield Finding("toleration_seconds is about NoExecute only", "effect: NoExecute", loc=("toleration_seconds",))


def _half_characters(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
