"""What is wrong with the arguments of an invoke task, in our own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cajajejo.config.suggest import nearest
from cajajejo.errors import BadInputError

__all__ = ["TaskArguments", "check_options", "wants_help", "wrong_arguments"]

_UNKNOWN = re.compile(r"No idea what (.+) is!")
_LACKS_VALUE = re.compile(r"Flag <Argument: ([\w-]+).*> needed value and was not given one!")


@dataclass(frozen=True)
class TaskArguments:
    """What a task was given, as invoke has understood it.

    Attributes:
        task: Its name; empty where there is none yet.
        options: The options that it has, such as `--dry`.
        positional: What it needs, by name and in order, and what it was given for it by its place; None for nothing.
        example: Arguments that will do.
    """

    task: str = ""
    options: Sequence[str] = ()
    positional: Mapping[str, str | None] = field(default_factory=dict)
    example: str = ""

    @property
    def lacks(self) -> list[str]:
        """What it needs and was not given."""
        return [name.upper().replace("-", "_") for name, value in self.positional.items() if value is None]


def wants_help(given: TaskArguments) -> bool:
    """Returns whether invoke has taken `--help` behind a task for what the task needs."""
    return any(value in ("--help", "-h") for value in given.positional.values())


def check_options(given: TaskArguments) -> None:
    """Makes sure that invoke has not taken an option that a task does not have for what the task needs.

    Args:
        given: What it was given.

    Raises:
        BadInputError: It has.
    """
    for value in given.positional.values():
        if value is not None and value.startswith("-") and value != "-":
            raise _no_option(value, given)


def wrong_arguments(said: str, given: TaskArguments, tasks: Sequence[str]) -> BadInputError:
    """Returns the error for arguments that invoke does not understand.

    Args:
        said: What invoke says of them.
        given: What the task was given until then.
        tasks: The tasks that there are.
    """
    try:
        check_options(given)
    except BadInputError as error:
        return error
    if given.lacks:
        return BadInputError(
            f"{given.task} lacks {' and '.join(given.lacks)}",
            remedy=f"for example: invoke {given.task} {given.example}",
        )
    lacks_value = _LACKS_VALUE.match(said)
    if lacks_value:
        return BadInputError(f"--{lacks_value[1].replace('_', '-')} needs a value", remedy=_help_of(given.task))
    unknown = _UNKNOWN.match(said)
    if unknown is None:
        return BadInputError(said, remedy=_help_of(given.task))
    word = unknown[1][1:-1]
    if word.startswith("-"):
        return _no_option(word, given)
    near = nearest(word, tasks)
    if given.task and near is None:
        return BadInputError(f"{given.task} does not take {unknown[1]}", remedy=_help_of(given.task))
    hint = f"did you mean {near}?" if near else "invoke --list names the tasks"
    return BadInputError(f"there is no task {unknown[1]}", remedy=hint)


def _no_option(word: str, given: TaskArguments) -> BadInputError:
    name = word.partition("=")[0]
    near = nearest(name, given.options)
    hint = f"did you mean {near}?" if near else _help_of(given.task)
    where = given.task or "invoke"
    return BadInputError(f"{where} has no option {name}", remedy=hint)


def _help_of(task: str) -> str:
    return f"invoke --help {task} names the options" if task else "invoke --help names the options"
