"""The flags of HELM's `helm-run`, and which of them a job config may hand on.

The table is that of HELM 0.5.16 (`build_parser` in `helm/benchmark/run.py`); a test compares it with HELM
itself, so that checking a config needs no HELM.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cajajejo.config.findings import Finding, listed, shown, spelled
from cajajejo.config.suggest import nearest

__all__ = ["FLAGS", "Flag", "Takes", "check_args"]


class Takes(enum.Enum):
    """What follows a flag."""

    NOTHING = "no value"
    TEXT = "a value"
    WHOLE_NUMBER = "a whole number"
    SOME = "one or more values"
    ANY = "values"


@dataclass(frozen=True)
class Flag:
    """A flag of `helm-run`.

    Attributes:
        name: The long form.
        takes: What follows it.
        short: The short form, or None.
        instead: Why a job config may not have it and what to use; None if it may.
    """

    name: str
    takes: Takes
    short: str | None = None
    instead: str | None = None


_FOLDERS = "the toolkit chooses the folders of a run; use --output-dir of the command"
_ENTRIES = "the run entries are the second file of the command"
_CACHE = "the toolkit keeps answers itself, by the fingerprint of the weights"
_SERVER = "the model is asked directly, without a HELM proxy server"
_NO_SCORES = "it gives no scores; use jobs evaluation check to test a config"

FLAGS: tuple[Flag, ...] = (
    Flag("--max-eval-instances", Takes.WHOLE_NUMBER, "-m"),
    Flag("--num-threads", Takes.WHOLE_NUMBER, "-n"),
    Flag("--num-train-trials", Takes.WHOLE_NUMBER, "-t"),
    Flag("--priority", Takes.WHOLE_NUMBER),
    Flag("--models-to-run", Takes.SOME),
    Flag("--groups-to-run", Takes.SOME),
    Flag("--enable-huggingface-models", Takes.SOME),
    Flag("--enable-local-huggingface-models", Takes.SOME),
    Flag("--plugins", Takes.SOME),
    Flag("--cache-instances", Takes.NOTHING),
    Flag("--suite", Takes.TEXT, instead="helm.suite is the field for it"),
    Flag("--output-path", Takes.TEXT, "-o", instead=_FOLDERS),
    Flag("--local-path", Takes.TEXT, instead=_FOLDERS),
    Flag("--conf-paths", Takes.SOME, "-c", instead=_ENTRIES),
    Flag("--run-entries", Takes.ANY, "-r", instead=_ENTRIES),
    Flag("--run-specs", Takes.ANY, instead=_ENTRIES),
    Flag(
        "--skip-completed-runs",
        Takes.NOTHING,
        instead="continuing is built in: run into the same output folder",
    ),
    Flag(
        "--exit-on-error",
        Takes.NOTHING,
        instead="a failed entry never stops the others; the exit code tells of it",
    ),
    Flag("--runner-class-name", Takes.TEXT, instead="the toolkit brings its own runner"),
    Flag("--mongo-uri", Takes.TEXT, instead=_CACHE),
    Flag("--disable-cache", Takes.NOTHING, instead=_CACHE),
    Flag("--server-url", Takes.TEXT, instead=_SERVER),
    Flag("--api-key-path", Takes.TEXT, instead=_SERVER),
    Flag(
        "--log-config",
        Takes.TEXT,
        instead="the toolkit sets up the logs; use --trace of the container for more",
    ),
    Flag("--dry-run", Takes.NOTHING, "-d", instead=_NO_SCORES),
    Flag("--skip-instances", Takes.NOTHING, instead=_NO_SCORES),
    Flag("--cache-instances-only", Takes.NOTHING, instead=_NO_SCORES),
)
"""Every flag of `helm-run`, but for its --help."""

_BY_NAME = {name: flag for flag in FLAGS for name in (flag.name, flag.short) if name}
_USABLE = tuple(flag.name for flag in FLAGS if flag.instead is None)
_REQUIRED = "--max-eval-instances"
_NUMBER = re.compile(r"[-+]?[0-9]+")
_NEGATIVE = re.compile(r"-[0-9]+|-[0-9]*\.[0-9]+")


@dataclass(frozen=True)
class _Use:
    """A flag as it was used: its index, and its values with their indexes."""

    index: int
    flag: Flag
    values: tuple[tuple[int, str], ...]
    attached: bool


def check_args(args: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with arguments for `helm-run`.

    Args:
        args: The arguments, such as `("--max-eval-instances", "10")`.

    Yields:
        Findings, each at the index of its argument; at no index for what is missing.
    """
    seen: set[str] = set()
    index = 0
    while index < len(args):
        if not _is_flag(args[index]):
            yield _stray(args[index], index)
            index += 1
            continue
        use = _use(args, index)
        if use is None:
            yield _unknown(args[index], index)
            index += 1 + len(_values(args, index + 1))
            continue
        yield from _check_use(use, seen)
        seen.add(use.flag.name)
        index = use.values[-1][0] + 1 if use.values and not use.attached else index + 1
    if _REQUIRED not in seen:
        yield Finding(f"{_REQUIRED} is missing", "HELM requires it: add it and the number of instances per entry")


def _is_flag(arg: str) -> bool:
    """Whether argparse takes an argument for a flag: a dash first, but negative numbers are values."""
    return len(arg) > 1 and arg.startswith("-") and not _NEGATIVE.fullmatch(arg) and " " not in arg.partition("=")[0]


def _values(args: Sequence[str], start: int) -> tuple[tuple[int, str], ...]:
    values = []
    for index in range(start, len(args)):
        if _is_flag(args[index]):
            break
        values.append((index, args[index]))
    return tuple(values)


def _use(args: Sequence[str], index: int) -> _Use | None:
    name, equals, value = args[index].partition("=")
    flag = _BY_NAME.get(name)
    if flag is not None and equals:
        return _Use(index, flag, ((index, value),), attached=True)
    if flag is None and not name.startswith("--"):
        # argparse also takes -m10 for -m 10.
        flag, value = _BY_NAME.get(args[index][:2]), args[index][2:]
        if flag is not None:
            return _Use(index, flag, ((index, value),), attached=True)
    if flag is None:
        return None
    values = _values(args, index + 1)
    single = {Takes.NOTHING: 0, Takes.TEXT: 1, Takes.WHOLE_NUMBER: 1}
    return _Use(index, flag, values[: single.get(flag.takes, len(values))], attached=False)


def _stray(arg: str, index: int) -> Finding:
    if arg.startswith("-") and arg.split()[:1] != [arg]:
        return Finding(f"{shown(arg)} is a flag and its value in one", "an item of the list for each", loc=(index,))
    return Finding(f"{shown(arg)} belongs to no flag", "a flag and its values, an item each", loc=(index,))


def _unknown(arg: str, index: int) -> Finding:
    name = arg.partition("=")[0]
    starts = [flag for flag in _USABLE if flag.startswith(name)] if name.startswith("--") and len(name) > 2 else []
    near = starts[0] if len(starts) == 1 else nearest(name, _USABLE) or nearest(name, _BY_NAME)
    message = f"{shown(name)} is an abbreviation" if starts else f"{shown(name)} is no flag of HELM"
    allowed = "write the flag in full" if starts else f"allowed are {listed(_USABLE)}"
    return Finding(message, allowed, near and spelled(near), loc=(index,))


def _check_use(use: _Use, seen: set[str]) -> Iterator[Finding]:
    flag, here = use.flag, (use.index,)
    if flag.instead is not None:
        yield Finding(f"{flag.name} may not stand in a config", flag.instead, loc=here)
        return
    if flag.name in seen:
        yield Finding(f"{flag.name} is given twice", "each flag once", loc=here)
    if flag.takes is Takes.NOTHING:
        if use.attached:
            yield Finding(f"{flag.name} takes no value", loc=here)
        return
    if not use.values or use.values == ((use.index, ""),):
        yield Finding(f"{flag.name} lacks its value", f"{flag.takes.value} must follow", loc=here)
        return
    if flag.takes is Takes.WHOLE_NUMBER:
        yield from _check_number(flag, *use.values[0])


def _check_number(flag: Flag, index: int, value: str) -> Iterator[Finding]:
    least = 0 if flag.name == "--priority" else 1
    allowed = f"a whole number of {least} or more"
    if not _NUMBER.fullmatch(value):
        yield Finding(f"{flag.name} takes a whole number, not {shown(value)}", allowed, loc=(index,))
    elif len(value) > 12 or int(value) < least:
        yield Finding(f"{shown(value)} is out of range for {flag.name}", allowed, loc=(index,))
