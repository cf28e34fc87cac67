"""What the tasks of an output folder came to: parameters, codes, seconds, and values picked from their files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cajajejo.errors import BadInputError, StoreError
from cajajejo.runners.history import bounded_lines
from cajajejo.runners.output import STATE_FOLDER
from cajajejo.runners.regular_files import OddFileError, open_regular, read_regular
from cajajejo.sweeps.done import JOURNAL
from cajajejo.sweeps.name_book import NAME_BOOK, NameBook
from cajajejo.sweeps.record_files import STAT_FILE, read_record, recordable
from cajajejo.sweeps.task_folder import codes_of, params_of

__all__ = ["JsonPick", "LogPick", "SweepResult", "read_results"]

_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?)")
_NO_TIME_S = 1e12
"""Thirty thousand years: so long has nothing taken, whatever a file says."""
_LARGEST_JSON = 1024**3
_INDEX = re.compile(r"-?[0-9]+")
_LOG_TIME = re.compile(r"\d{4}-\d\d-\d\d\.\d\d:\d\d:\d\d")
_SHARED_LOG = re.compile(rf"log\..+?\.{_LOG_TIME.pattern}\.(.+)")


@dataclass(frozen=True)
class LogPick:
    """A value that stands in a log: the last match counts.

    Attributes:
        name: Of the column.
        pattern: Its first group is the value, or all of it where it has none.
        command: Whose log; None for any command's.
    """

    name: str
    pattern: re.Pattern[str]
    command: str | None = None


@dataclass(frozen=True)
class JsonPick:
    """A value that stands in a JSON file of the task's folder.

    Attributes:
        name: Of the column.
        file: The file's path in the folder.
        path: Keys, and indexes of lists, from the top.
    """

    name: str
    file: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class SweepResult:
    """One task.

    Attributes:
        name: Its name.
        params: Its parameters.
        code: 0 if all of its commands succeeded, else the code of one that failed; None if one has not ended.
        seconds: How long its commands took together; None where that is not known.
        values: What was picked; what was not found is missing.
    """

    name: str
    params: Mapping[str, object]
    code: int | None
    seconds: float | None
    values: Mapping[str, object] = field(default_factory=dict)


def read_results(output: Path, picks: Sequence[LogPick | JsonPick] = ()) -> list[SweepResult]:
    """Returns the tasks of an output folder, sorted by name, numbers in it by their size.

    Args:
        output: The output folder.
        picks: The values to pick.

    Raises:
        BadInputError: There is no such folder, or it has no tasks.
        StoreError: It cannot be read.
    """
    if not output.is_dir():
        raise BadInputError(f"there is no folder {output}", remedy="give the output folder of a sweep")
    try:
        results = [*_with_folders(output, picks), *_in_shared_folder(output, picks)]
    except OSError as error:
        raise StoreError(f"cannot read {output}: {error.strerror}", path=output) from error
    if not results:
        raise BadInputError(
            f"no task of a sweep has run in {output}", remedy="give the output folder of a sweep (its -o)"
        )
    return sorted(results, key=lambda result: _natural(result.name))


def _natural(name: str) -> tuple[tuple[float, str], ...]:
    parts = _NUMBER.split(name)
    return tuple((float(part), "") if index % 2 else (-1.0, part) for index, part in enumerate(parts))


def _with_folders(output: Path, picks: Sequence[LogPick | JsonPick]) -> Iterator[SweepResult]:
    for folder in output.iterdir():
        record = params_of(folder) if folder.is_dir() and not folder.name.startswith(".") else None
        if not record:
            continue
        commands = record.get("_commands", record.get("_scripts"))
        codes = codes_of(folder)
        yield SweepResult(
            folder.name,
            {name: recordable(value) for name, value in record.items() if not name.startswith("_")},
            _overall([codes.get(name) for name in (commands if isinstance(commands, dict) else codes)]),
            _seconds(folder),
            dict(_picked(folder, list(folder.glob("log.*")) if picks else [], picks)),
        )


def _seconds(folder: Path) -> float | None:
    entries = (read_record(folder / STAT_FILE) or {}).values()
    found = [entry.get("seconds") for entry in entries if isinstance(entry, dict)]
    known = [seconds for seconds in found if isinstance(seconds, (int, float)) and 0 <= seconds < _NO_TIME_S]
    return round(sum(known), 3) if known else None


def _overall(codes: Sequence[int | None]) -> int | None:
    failed = [code for code in codes if code]
    if failed:
        return failed[0]
    return None if None in codes or not codes else 0


def _in_shared_folder(output: Path, picks: Sequence[LogPick | JsonPick]) -> Iterator[SweepResult]:
    """Tasks of a run with --no-param-dir: their parameters are in the name book, and their ends in the journal."""
    book = NameBook.read(output / STATE_FOLDER / NAME_BOOK)
    if not book.params:
        return
    ends = _ends(output / STATE_FOLDER / JOURNAL)
    logs: dict[str, list[Path]] = {}
    for path in output.iterdir() if picks else ():
        match = _SHARED_LOG.fullmatch(path.name)
        if match is not None:
            logs.setdefault(match.group(1), []).append(path)
    for key, params in book.params.items():
        steps = ends.get(key)
        if steps:
            name = book.names[key]
            codes = [code if code >= 0 else 128 - code for code, _ in steps.values()]
            seconds = round(sum(one for _, one in steps.values()), 3)
            values = dict(_picked(output, logs.get(name, []), picks))
            yield SweepResult(name, _params(params), _overall(codes), seconds, values)


def _params(text: str) -> dict[str, object]:
    try:
        params = recordable(json.loads(text))
    except (ValueError, RecursionError):
        return {}
    return params if isinstance(params, dict) else {}


def _ends(path: Path) -> dict[str, dict[str, tuple[int, float]]]:
    """Code and seconds of the last end of each step, by task key and step name."""
    ends: dict[str, dict[str, tuple[int, float]]] = {}
    if not path.exists():
        return ends
    with open_regular(path) as file:
        for line in bounded_lines(file):
            try:
                event = json.loads(line)
                place, code, seconds = event["end"], int(event["code"]), float(event["seconds"])
                ends.setdefault(str(place), {})[str(event["step"])] = code, seconds
            except (ValueError, KeyError, TypeError, RecursionError):
                # Another kind of line, or one that a kill has torn.
                continue
    return ends


def _picked(folder: Path, logs: Sequence[Path], picks: Iterable[LogPick | JsonPick]) -> Iterator[tuple[str, object]]:
    for pick in picks:
        value = _from_log(logs, pick) if isinstance(pick, LogPick) else _from_json(folder, pick)
        if value is not None:
            yield pick.name, value


def _from_log(logs: Sequence[Path], pick: LogPick) -> object:
    """The last match in the newest log that has one."""
    start = f"log.{pick.command}." if pick.command else "log."
    # Without a second dot it is no log of ours.
    meant = [path for path in logs if path.name.startswith(start) and path.name.count(".") > 1 and path.is_file()]
    for path in sorted(meant, key=_age, reverse=True):
        found: re.Match[str] | None = None
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                found = next(reversed(list(pick.pattern.finditer(line))), found)
        if found is not None:
            return _as_value(found.group(1) if pick.pattern.groups else found.group())
    return None


def _age(path: Path) -> tuple[str, float]:
    match = _LOG_TIME.search(path.name)
    return match.group() if match else "", path.stat().st_mtime


def _from_json(folder: Path, pick: JsonPick) -> object:
    try:
        value = json.loads(read_regular(folder / pick.file, _LARGEST_JSON) or b"")
    except (FileNotFoundError, NotADirectoryError, OddFileError, ValueError, RecursionError):
        return None
    for key in pick.path:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and _INDEX.fullmatch(key) and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return recordable(value)


def _as_value(text: str | None) -> object:
    for kind in (int, float):
        try:
            return recordable(kind(text or ""))
        except ValueError:
            continue
    return text
