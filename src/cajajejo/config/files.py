"""Reads a config file: whole, bounded, and as text, or says at which byte it is not."""

from __future__ import annotations

import codecs
import os
import re
import stat
from itertools import islice
from pathlib import Path

from cajajejo.config.findings import Finding, shown
from cajajejo.config.source import Position, Problem, SourceFile, Span
from cajajejo.config.suggest import nearest
from cajajejo.errors import ConfigError

__all__ = ["SIZE_LIMIT", "read_source"]

SIZE_LIMIT = 1024 * 1024
"""Bytes that a config file may have; a Kubernetes ConfigMap, which it must fit into, takes no more."""

_NEIGHBOURS = 10_000
# Whatever is no text: all controls but tab and line ends, and the two that are no characters at all.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_source(path: Path, *, size_limit: int = SIZE_LIMIT) -> SourceFile:
    """Read a text file.

    Args:
        path: The file.
        size_limit: Bytes it may have; checked before reading, and again while reading.

    Returns:
        The file's bytes and text.

    Raises:
        ConfigError: The file is missing, not a regular file, not readable, too large or not UTF-8 text.
    """
    data = _read_bytes(path, size_limit)
    encoding = next((name for mark, name in _OTHER_ENCODINGS if data.startswith(mark)), None)
    if encoding is None and b"\x00" in data[:2] and len(data) > 1:
        encoding = "UTF-16"
    if encoding:
        raise _refusal(path, f"the file is {encoding}", "only UTF-8 is read: save it as UTF-8")
    data_without_mark = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data_without_mark.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _bad_bytes(path, data_without_mark, exc) from None
    source = SourceFile(path, data, text)
    _refuse_controls(source)
    return source


def _read_bytes(path: Path, size_limit: int) -> bytes:
    try:
        status = path.stat()
        _refuse_odd_files(path, status, size_limit)
        with path.open("rb") as stream:
            data = stream.read(size_limit + 1)
    except FileNotFoundError:
        raise _missing(path) from None
    except NotADirectoryError:
        raise _missing(path) from None
    except PermissionError:
        raise _refusal(path, "the file cannot be read: permission denied", "make it readable for you") from None
    except OSError as exc:
        raise _refusal(path, f"the file cannot be read: {exc.strerror}") from exc
    except ValueError:
        raise _refusal(path, "this is no file name: it has a NUL character") from None
    if len(data) > size_limit:
        raise _too_large(path, size_limit)
    return data


def _refuse_odd_files(path: Path, status: os.stat_result, size_limit: int) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _refusal(path, "this is a folder", "the path of a file is needed")
    if not stat.S_ISREG(status.st_mode):
        # A pipe or device may never end, and can be read only once.
        raise _refusal(path, "this is a pipe, socket or device", "a regular file is needed")
    if status.st_size > size_limit:
        raise _too_large(path, size_limit)


def _too_large(path: Path, size_limit: int) -> ConfigError:
    return _refusal(path, "the file is too large for a config", f"at most {size_limit:,} bytes are read")


def _missing(path: Path) -> ConfigError:
    folder = path.parent
    if not folder.is_dir():
        return _refusal(path, f"there is no such file, and no folder {shown(str(folder))}")
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, _NEIGHBOURS) if entry.is_file()]
    except OSError:
        names = []
    near = nearest(path.name, names)
    return _refusal(path, "there is no such file", suggestion=str(folder / near) if near else None)


def _refusal(path: Path, message: str, allowed: str | None = None, *, suggestion: str | None = None) -> ConfigError:
    return ConfigError([Problem.of(Finding(message, allowed, suggestion), path, Position(1, 1))])


def _bad_bytes(path: Path, data: bytes, error: UnicodeDecodeError) -> ConfigError:
    # Escaped bytes keep the rest of the line readable; the text before the bad byte is sound.
    text = data[: error.start].decode("utf-8") + data[error.start :].decode("utf-8", "backslashreplace")
    offset = len(data[: error.start].decode("utf-8"))
    finding = Finding(f"byte 0x{data[error.start]:02x} is not UTF-8 text", "save the file as UTF-8")
    return ConfigError([SourceFile(path, data, text).problem(finding, Span(offset, offset + 4))])


def _refuse_controls(source: SourceFile) -> None:
    match = _CONTROL.search(source.text)
    if match is None:
        return
    code = ord(match.group())
    name = "a NUL character" if code == 0 else f"the control character U+{code:04X}"
    finding = Finding(f"{name} has no place in a config file", "remove it, or write it as an escape in double quotes")
    raise ConfigError([source.problem(finding, Span(match.start(), match.end()))])
