"""What a task's folder says, whichever edition of the tools before, or this one, has written it.

The older edition writes what this one does: `param.json`, and `stat.json` with codes. The newer one writes YAML:
`param`, and `stat` with the words running, finished and failed.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.runners.regular_files import OddFileError, read_regular
from cajajejo.sweeps.record_files import PARAM_FILE, SIZE_LIMIT, STAT_FILE, read_record

__all__ = ["codes_of", "params_of"]

_PARAM_YAML = "param"
_STAT_YAML = "stat"
_CODES = {"finished": 0, "failed": 1}


def params_of(folder: Path) -> dict[str, object] | None:
    """Returns the parameters of the task whose folder it is, and what is noted beside them under names with `_`.

    Returns:
        The record; an empty one where there is none; None where it cannot be understood.

    Raises:
        StoreError: It cannot be read.
    """
    record = read_record(folder / PARAM_FILE)
    return _read_yaml(folder / _PARAM_YAML) if record == {} else record


def codes_of(folder: Path) -> dict[str, int]:
    """Returns how the commands of a task have ended: their codes by name; nothing of those that have not.

    Raises:
        StoreError: It cannot be read.
    """
    stat = read_record(folder / STAT_FILE)
    if stat == {}:
        words = _read_yaml(folder / _STAT_YAML) or {}
        return {name: _CODES[word] for name, word in words.items() if isinstance(word, str) and word in _CODES}
    codes = {name: entry.get("code") for name, entry in (stat or {}).items() if isinstance(entry, dict)}
    # The older edition writes -1 for a command that it has not come to.
    return {name: code for name, code in codes.items() if isinstance(code, int) and _is_code(code)}


def _is_code(code: int) -> bool:
    return not isinstance(code, bool) and code >= 0


def _read_yaml(path: Path) -> dict[str, object] | None:
    try:
        data = read_regular(path, SIZE_LIMIT)
        text = None if data is None else data.decode()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OddFileError, UnicodeDecodeError):
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}", path=path) from error
    if text is None:
        return None
    import yaml

    try:
        record = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if record is None:
        return {}
    if not isinstance(record, dict) or not all(isinstance(name, str) for name in record):
        return None
    # Dates are text here.
    return {name: str(value) if isinstance(value, datetime.date) else value for name, value in record.items()}
