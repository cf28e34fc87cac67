"""What a command line wants submitted: files of Kubernetes documents, or configs to render."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cajajejo.config.hocon.run_entries import RunEntries
    from cajajejo.config.load import Loaded
    from cajajejo.manifests.spec import JobSpec

__all__ = ["JobSource", "job_sources"]


@dataclass(frozen=True)
class JobSource:
    """One job that is wanted.

    Attributes:
        label: What the user wrote: the path of the spec, or of the config.
        read: Reads it; raises a ConfigError or a BadInputError.
    """

    label: str
    read: Callable[[], JobSpec]


def job_sources(
    spec_paths: Sequence[Path], configs: Sequence[Path], helm_configs: Sequence[Path], config_version: str | None
) -> list[JobSource]:
    """Returns the jobs that the options mean.

    Args:
        spec_paths: Files that parse-job wrote.
        configs: Job configs.
        helm_configs: Run entries: one for all configs, or one for each.
        config_version: What the user calls the version; by default the git commit.

    Raises:
        typer.BadParameter: The options do not fit together.
        ConfigError: The run entries that all configs share are wrong.
    """
    if spec_paths and (configs or helm_configs):
        raise typer.BadParameter("--job-spec-path and --path-to-config exclude each other")
    if spec_paths:
        return [JobSource(str(path), functools.partial(_read_spec, path, config_version)) for path in spec_paths]
    if not configs or not helm_configs:
        raise typer.BadParameter("give --job-spec-path, or --path-to-config and --path-to-helm-config")
    if len(helm_configs) not in (1, len(configs)):
        raise typer.BadParameter(
            f"{len(configs)} times --path-to-config and {len(helm_configs)} times --path-to-helm-config: "
            "give one HELM config for all, or one for each"
        )
    each = helm_configs if len(helm_configs) == len(configs) else [helm_configs[0]] * len(configs)
    reader = _Reader(config_version, alone=len(configs) == 1)
    return [
        JobSource(str(config), functools.partial(reader.read, config, helm))
        for config, helm in zip(configs, each, strict=True)
    ]


class _Reader:
    """Reads pairs of configs; what several have in common is read once."""

    def __init__(self, config_version: str | None, *, alone: bool) -> None:
        self._version = config_version
        self._alone = alone
        self._entries: dict[Path, Loaded[RunEntries]] = {}
        self._commits: dict[Path, str | None] = {}

    def read(self, config: Path, helm_config: Path) -> JobSpec:
        from cajajejo.cli.jobs.evaluation import print_warnings
        from cajajejo.cli.jobs.manifests import source_of
        from cajajejo.config.load import EvaluationInput, load_evaluation, load_job_config, load_run_entries
        from cajajejo.manifests.render import render

        if self._alone:
            # With the problems of both files at once.
            inputs = load_evaluation(config, helm_config)
            print_warnings(inputs.warnings)
        else:
            if helm_config not in self._entries:
                self._entries[helm_config] = load_run_entries(helm_config)
                print_warnings(self._entries[helm_config].warnings)
            job = load_job_config(config)
            print_warnings(job.warnings)
            inputs = EvaluationInput(job, self._entries[helm_config])
        return render(inputs, source_of(config, helm_config, self._version or self._commit(config)))

    def _commit(self, config: Path) -> str | None:
        if config.parent not in self._commits:
            self._commits[config.parent] = _commit(config)
        return self._commits[config.parent]


def _read_spec(path: Path, config_version: str | None) -> JobSpec:
    from cajajejo.manifests.spec import UNVERSIONED
    from cajajejo.manifests.spec_file import read_spec

    spec = read_spec(path)
    if config_version is None and spec.config_version == UNVERSIONED:
        config_version = _commit(Path("stdin") if str(path) == "-" else path)
    return spec if config_version is None else spec.with_version(config_version)


def _commit(path: Path) -> str | None:
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.git import commit_of

    commit = commit_of(path)
    if commit is None:
        write_error(
            f"{visible(str(path))} is in no git repository, or git does not answer: recorded as unversioned "
            "(--config-version names it)\n"
        )
    elif commit.endswith("-dirty"):
        write_error(
            f"the repository of {visible(str(path))} has changes that are not committed: recorded as {commit}\n"
        )
    return commit
