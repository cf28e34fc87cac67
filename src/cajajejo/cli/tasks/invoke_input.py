"""Reads files and arguments before invoke does, whose answer to wrong ones is a traceback or a word, and code 1."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cajajejo.cli.tasks.arguments import TaskArguments, check_options, wants_help, wrong_arguments

if TYPE_CHECKING:
    from invoke.collection import Collection
    from invoke.parser.context import ParserContext
    from invoke.program import Program

__all__ = ["check_arguments", "check_configuration"]

_LONGEST = 300
"""Characters of invoke's words that a message has at most."""


def check_configuration(program: Program, folder: Path) -> None:
    """Makes sure that invoke can use its files and variables; to be called while it loads the tasks.

    Args:
        program: The program that runs.
        folder: Where the tasks are.

    Raises:
        BadInputError: It cannot.
    """
    from invoke.config import Config

    from cajajejo.errors import BadInputError
    from cajajejo.workplace.settings import Settings
    from cajajejo.workplace.settings_file import FILE, read_section

    core = getattr(program, "core", None)
    named = (core[0].args["config"].value if core else None) or os.environ.get("INVOKE_RUNTIME_CONFIG") or None
    if named and not Path(named).is_file():
        raise BadInputError(f"there is no file {named}", remedy="-f and INVOKE_RUNTIME_CONFIG name one of settings")
    files = [folder / FILE, folder / "invoke.yml", *([Path(named)] if named else [])]
    for path in files:
        if path.suffix in (".yaml", ".yml"):
            Settings.from_mapping(read_section(path))
    try:
        config = Config(project_location=folder, runtime_path=Path(named) if named else None)
        config.load_project()
        config.load_runtime()
        config.load_shell_env()
    except Exception as error:
        said = " ".join(str(error).split())[:_LONGEST]
        raise BadInputError(
            f"invoke cannot use its configuration: {said or type(error).__name__}",
            remedy=f"correct {FILE} (invoke.yaml.example shows how it looks), or the variables INVOKE_…",
        ) from error


def check_arguments(program: Program, tasks: Collection, examples: Mapping[str, str]) -> None:
    """Makes sure that invoke will understand its arguments; to be called while it loads the tasks.

    `--help` behind a task that still needs arguments is made what it is before the task: invoke would take it for one
    of them.

    Args:
        program: The program that runs; it has set its own options apart already.
        tasks: The tasks.
        examples: Arguments that will do, by the task's name.

    Raises:
        BadInputError: It will not.
    """
    from invoke.exceptions import ParseError
    from invoke.parser import Parser

    core = getattr(program, "core", None)
    if core is None:
        return
    names, words = list(tasks.task_names), list(core.unparsed)
    asked_for = core[0].args["help"].value
    if isinstance(asked_for, str) and asked_for not in names:
        raise wrong_arguments(f"No idea what {asked_for!r} is!", TaskArguments(), names)
    wrong = None
    try:
        # Of a copy: a task gives its words about options away only once.
        contexts = copy.deepcopy(tasks).to_contexts()
        parsed: Sequence[ParserContext] = Parser(initial=program.initial_context, contexts=contexts).parse_argv(words)
    except ParseError as error:
        parsed, wrong = [error.context] if error.context else [], error
    given = [_given(context, words, examples) for context in parsed]
    for one in given:
        if wants_help(one):
            core.unparsed.clear()
            core[0].args["help"].value = one.task
            return
        check_options(one)
    if wrong is not None:
        raise wrong_arguments(str(wrong), given[-1] if given else TaskArguments(), names)


def _given(context: ParserContext, words: Sequence[str], examples: Mapping[str, str]) -> TaskArguments:
    by_name = {word.partition("=")[0] for word in words}
    name = context.name or ""
    return TaskArguments(
        task=name,
        options=list(context.flags),
        positional={str(arg.name): arg.value for arg in context.positional_args if f"--{arg.names[0]}" not in by_name},
        example=examples.get(name, ""),
    )
