"""Files to frozen models: the only reader of config files in the toolkit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from cajajejo.config.base import ConfigModel
from cajajejo.config.files import read_source
from cajajejo.config.findings import Finding, Loc, Severity, prefixed
from cajajejo.config.hocon.run_entries import RunEntries, parse_run_entries
from cajajejo.config.job import EvaluationJobConfig
from cajajejo.config.model_errors import findings_of
from cajajejo.config.places import PlacedError, Places, located, merged
from cajajejo.config.source import Position, Problem, SourceFile
from cajajejo.config.yaml.nodes import compose
from cajajejo.config.yaml.values import Built, build
from cajajejo.errors import ConfigError

__all__ = [
    "EvaluationInput",
    "Loaded",
    "load_evaluation",
    "load_job_config",
    "load_run_entries",
    "load_yaml",
]

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=ConfigModel)


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """A config that was read, and the file that it came from.

    Attributes:
        value: The config.
        source: The file: its path, bytes and text.
        warnings: What its author should know, sorted by position.
    """

    value: T
    source: SourceFile
    warnings: tuple[Problem, ...] = ()
    _places: Places = field(default_factory=lambda: Places({}), repr=False, compare=False)

    def position(self, loc: Loc) -> Position:
        """Return where a value is in the file.

        Args:
            loc: Its location, such as `("helm", "args", 2)` or `("entries", 0, "description")`.

        Returns:
            The position of the value; of its nearest parent's key if the file does not have it.
        """
        return self.source.position(self._places.span(loc).start)

    def problem(self, finding: Finding) -> Problem:
        """Return something found out later (say, by asking HELM) as a problem at its place in the file."""
        return self.source.problem(finding, self._places.span(finding.loc, at_key=finding.at_key))


@dataclass(frozen=True)
class EvaluationInput:
    """Everything that one evaluation is asked to do.

    Attributes:
        job: The job config.
        entries: The HELM run entries.
    """

    job: Loaded[EvaluationJobConfig]
    entries: Loaded[RunEntries]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings of both files."""
        return self.job.warnings + self.entries.warnings


def load_yaml(path: Path, model: type[ModelT]) -> Loaded[ModelT]:
    """Read a YAML file into a model.

    Args:
        path: The file.
        model: What it holds.

    Returns:
        The model, with the positions of its values.

    Raises:
        ConfigError: With all problems of the file, sorted by position.
    """
    source = read_source(path)
    try:
        root = compose(source)
    except PlacedError as exc:
        raise ConfigError([source.problem(exc.finding, exc.span)]) from None
    built = build(root, model, source)
    try:
        value = model.parse_obj(built.value)
    except ValidationError as exc:
        raise ConfigError(_problems(source, built, _news(exc, model, built))) from None
    problems = _problems(source, built, built.key_findings)
    if problems:
        raise ConfigError(problems)
    return Loaded(value, source, located(source, built.places, _advice(value, ())), built.places)


def load_job_config(path: Path) -> Loaded[EvaluationJobConfig]:
    """Read the config of an evaluation job.

    Args:
        path: A YAML file.

    Returns:
        The job config.

    Raises:
        ConfigError: With all problems of the file, sorted by position.
    """
    return load_yaml(path, EvaluationJobConfig)


def load_run_entries(path: Path) -> Loaded[RunEntries]:
    """Read a file of HELM run entries.

    Args:
        path: A HOCON file with the key `entries`.

    Returns:
        The entries.

    Raises:
        ConfigError: With the problems of the file, sorted by position.
    """
    source = read_source(path)
    parsed = parse_run_entries(source)
    return Loaded(parsed.entries, source, parsed.warnings, parsed.places)


def load_evaluation(config_path: Path, helm_config_path: Path) -> EvaluationInput:
    """Read both files of an evaluation.

    Args:
        config_path: The job config, YAML.
        helm_config_path: The HELM run entries, HOCON.

    Returns:
        Both.

    Raises:
        ConfigError: With the problems of both files.
    """
    problems: list[Problem] = []
    job = entries = None
    try:
        job = load_job_config(config_path)
    except ConfigError as exc:
        problems.extend(exc.problems)
    try:
        entries = load_run_entries(helm_config_path)
    except ConfigError as exc:
        problems.extend(exc.problems)
    if job is None or entries is None:
        raise ConfigError(problems)
    return EvaluationInput(job, entries)


def _news(error: ValidationError, model: type[ConfigModel], built: Built) -> Iterator[Finding]:
    """What the model says, without what the reader has said already about the same value."""
    yield from built.key_findings
    for finding in findings_of(error, model):
        if not any(finding.loc[:length] in built.stand_ins for length in range(len(finding.loc) + 1)):
            yield finding


def _problems(source: SourceFile, built: Built, findings: Iterable[Finding]) -> tuple[Problem, ...]:
    return merged(built.problems, located(source, built.places, findings))


def _advice(model: ConfigModel, loc: Loc) -> Iterator[Finding]:
    """The warnings of a model and of all models inside it."""
    for finding in prefixed(loc, model.advice()):
        yield replace(finding, severity=Severity.WARNING)
    for name, model_field in model.__fields__.items():
        child = getattr(model, name)
        if isinstance(child, ConfigModel):
            yield from _advice(child, (*loc, model_field.alias))
