"""`cajajejo jobs evaluation parse-job`: configs to a file of Kubernetes documents."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cajajejo.config.source import Problem
    from cajajejo.manifests.render import ConfigSource
    from cajajejo.manifests.spec import JobSpec

__all__ = ["parse_job_command", "source_of", "write_spec"]

_KUBECTL_LIMIT = 256 * 1024
"""Bytes of all annotations together; `kubectl apply` keeps a copy of the object in one, unless it is server-side."""


def parse_job_command(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The job config (YAML).")],
    helm_config: Annotated[Path, typer.Argument(metavar="HELM_CONFIG", help="The HELM run entries (HOCON).")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where the Kubernetes documents go; - is stdout.")],
    config_version: Annotated[
        str | None, typer.Option(help="Recorded as config_git_sha. Default: unversioned; submit-job sets it.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Namespace. Default: that of the config.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print what was written as JSON on stdout.")] = False,
) -> None:
    """Write the Kubernetes documents of a job: Job, ConfigMap and StorageClass.

    The same configs give the same name and the same bytes. `kubectl apply -f` takes the file, too.

    Exit codes: 0 ok, 2 bad input, 3 the file cannot be written.
    """
    from cajajejo.cli.jobs.evaluation import print_warnings
    from cajajejo.config.load import load_evaluation
    from cajajejo.manifests.render import render

    to_stdout = str(out) == "-"
    if to_stdout and json_output:
        raise typer.BadParameter("--json says what was written to a file; with - the documents go to stdout")
    if namespace is not None:
        _check_namespace(namespace)
    inputs = load_evaluation(config, helm_config)
    spec = render(inputs, source_of(config, helm_config, config_version), namespace=namespace)
    if not json_output:
        print_warnings(inputs.warnings)
    text = spec.to_yaml()
    if to_stdout:
        with _written_to("stdout"):
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
        return
    write_spec(out, text, inputs=(config, helm_config))
    if json_output:
        _print_json(spec, out, inputs.warnings)
    else:
        _tell(spec, out)


def source_of(config: Path, helm_config: Path, config_version: str | None) -> ConfigSource:
    """Returns where configs come from, as the manifest records it."""
    from cajajejo.git import path_in_repository
    from cajajejo.manifests.render import ConfigSource

    return ConfigSource(path_in_repository(config), path_in_repository(helm_config), config_version)


def _check_namespace(namespace: str) -> None:
    from cajajejo.config.grammars.texts import NAMESPACE

    found = next(NAMESPACE.findings(namespace), None)
    if found is not None:
        raise typer.BadParameter(f"{found.message}; allowed: {found.allowed}", param_hint="--namespace")


def write_spec(out: Path, text: str, *, inputs: tuple[Path, ...] = ()) -> None:
    """Writes a file of documents, whole or not at all; pipes and devices as they come.

    Raises:
        BadInputError: The path is a folder, or one of the inputs.
        StoreError: The file cannot be written.
    """
    from cajajejo.errors import BadInputError
    from cajajejo.store.folder import write_whole

    if out.is_dir():
        raise BadInputError(f"{out} is a folder", remedy="give the path of a file")
    if any(path.exists() and out.exists() and path.samefile(out) for path in inputs):
        raise BadInputError(f"{out} is a config; writing there would destroy it", remedy="give another path")
    if out.exists() and not out.is_file():
        with _written_to(str(out)):
            out.write_text(text, encoding="utf-8")
    else:
        # Through a link: what it points to is replaced, not the link.
        write_whole(out.resolve(), text.encode())


@contextlib.contextmanager
def _written_to(name: str) -> Iterator[None]:
    from cajajejo.errors import StoreError

    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StoreError(f"cannot write to {name}: {error.strerror}", path=Path(name)) from error


def _print_json(spec: JobSpec, out: Path, warnings: Sequence[Problem]) -> None:
    from cajajejo.cli.streams import json_text

    data = {
        "ok": True,
        "path": str(out),
        "name": spec.name,
        "namespace": spec.namespace,
        "content_hash": spec.content_hash,
        "config_version": spec.config_version,
        "warnings": [problem.to_dict() for problem in warnings],
    }
    sys.stdout.write(json_text(data))


def _tell(spec: JobSpec, out: Path) -> None:
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.manifests.spec import UNVERSIONED

    path = visible(shlex.quote(str(out)))
    version = '"$(git rev-parse HEAD)"' if spec.config_version == UNVERSIONED else shlex.quote(spec.config_version)
    write_error(f"{path}: {spec.name} in the namespace {spec.namespace}\n")
    size = sum(len(text.encode()) for text in spec.config_map["data"].values())
    if size > _KUBECTL_LIMIT:
        write_error(f"The configs have {size:,} bytes: with kubectl, say kubectl apply --server-side -f {path}\n")
    command = f"cajajejo jobs evaluation submit-job --job-spec-path {path} --config-version {visible(version)}"
    write_error(f"Next: {command}\n")
