"""Files of Kubernetes documents to job specs: what parse-job wrote, and what people made of it since."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from cajajejo.config.files import read_source
from cajajejo.config.findings import Finding, listed, shown
from cajajejo.config.source import SourceFile, Span
from cajajejo.errors import BadInputError, ConfigError
from cajajejo.manifests.spec import JobSpec
from cajajejo.manifests.spec_checks import check_config_map, check_job, check_storage_class
from cajajejo.manifests.spec_values import Document, split_documents

__all__ = ["parse_spec", "read_spec"]

_SIZE_LIMIT = 8 * 1024 * 1024
"""A ConfigMap of a mebibyte, each of its characters escaped."""
_STDIN = Path("<stdin>")

_JOB = ("batch/v1", "Job")
_CONFIG_MAP = ("v1", "ConfigMap")
_STORAGE_CLASS = ("storage.k8s.io/v1", "StorageClass")
_REMEDY = "a file that cajajejo jobs evaluation parse-job wrote"


def read_spec(path: Path, *, read_stdin: Callable[[], bytes] = lambda: sys.stdin.buffer.read()) -> JobSpec:
    """Reads the documents of one job.

    Args:
        path: A file of `parse-job`, edited or not; `-` for stdin.
        read_stdin: Reads stdin, for tests.

    Raises:
        ConfigError: With all problems, each with its line: not YAML, not a job of cajajejo, documents that are
            missing or doubled, or edited so that they no longer belong together.
        BadInputError: What comes from stdin is no text.
    """
    if str(path) != "-":
        return parse_spec(read_source(path, size_limit=_SIZE_LIMIT))
    data = read_stdin()
    if len(data) > _SIZE_LIMIT:
        raise BadInputError(f"more than {_SIZE_LIMIT:,} bytes come from stdin", remedy=f"give {_REMEDY}")
    try:
        return parse_spec(SourceFile(_STDIN, data, data.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise BadInputError("what comes from stdin is not UTF-8 text", remedy=f"give {_REMEDY}") from None


def parse_spec(source: SourceFile) -> JobSpec:
    """Returns the job spec that a text holds; see `read_spec`."""
    found: dict[tuple[str, str], Document] = {}
    documents = list(split_documents(source))
    for document in documents:
        kind = (document.text("apiVersion"), document.text("kind"))
        if kind not in (_JOB, _CONFIG_MAP, _STORAGE_CLASS):
            name = " ".join(kind) if all(kind) else "a document without apiVersion and kind"
            document.found(f"{shown(name)} does not belong to a job of cajajejo", _REMEDY, "kind")
        elif kind in found:
            document.found(f"there is a second {kind[1]}", "one job in a file", "kind")
        else:
            found[kind] = document
    problems = [problem for document in documents for problem in document.problems]
    missing = [kind[1] for kind in (_JOB, _CONFIG_MAP) if kind not in found]
    if missing and not problems:
        message = f"the file has no {listed(missing)}" if documents else "the file has no Kubernetes document"
        problems.append(source.problem(Finding(message, _REMEDY), Span(0, 1)))
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: problem.sort_key))
    return _checked(found[_JOB], found[_CONFIG_MAP], found.get(_STORAGE_CLASS))


def _checked(job: Document, config_map: Document, storage_class: Document | None) -> JobSpec:
    check_job(job)
    if not job.problems:
        check_config_map(config_map, job)
    if storage_class is not None:
        check_storage_class(storage_class)
    documents = [job, config_map, *([storage_class] if storage_class is not None else [])]
    problems = [problem for document in documents for problem in document.problems]
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: problem.sort_key))
    return JobSpec(job.value, config_map.value, storage_class.value if storage_class is not None else None)
