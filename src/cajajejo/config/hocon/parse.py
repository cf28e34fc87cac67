"""HOCON text to plain values with pyhocon, as HELM reads it; pyhocon's complaints in plain words."""

from __future__ import annotations

from cajajejo.config.findings import Finding
from cajajejo.config.hocon.plain import read_plain
from cajajejo.config.places import PlacedError
from cajajejo.config.source import Span

__all__ = ["read_hocon", "read_with_pyhocon"]

_ALLOWED = "key: value; lists in [ ], objects in { }, text with other than letters and digits in double quotes"


def read_hocon(text: str) -> object:
    """Return the plain values of a HOCON text that the scanner has passed.

    Args:
        text: The text, free of includes and substitutions.

    Returns:
        Dicts, lists, text, numbers, truth values and None; pyhocon also makes durations of `10 days`.

    Raises:
        PlacedError: It is not HOCON.
    """
    plain = read_plain(text)
    return read_with_pyhocon(text) if plain is None else plain


def read_with_pyhocon(text: str) -> object:
    """Return the plain values of any HOCON text; see `read_hocon`."""
    # Only this needs pyhocon, and its import takes as long as all else that a check does.
    from pyhocon import ConfigFactory
    from pyhocon.exceptions import ConfigException
    from pyparsing import ParseBaseException

    try:
        document = ConfigFactory.parse_string(text, resolve=False)
    except ParseBaseException as exc:
        offset = _unexpanded(text, exc.loc)
        finding = Finding("this cannot be read as HOCON", _ALLOWED)
        raise PlacedError(finding, Span(offset, offset + 1)) from None
    except ConfigException as exc:
        raise PlacedError(Finding(f"this cannot be read as HOCON: {exc}", _ALLOWED), Span(0, 1)) from None
    except (OverflowError, ValueError) as exc:
        # A number followed by a unit of time becomes a duration, if there is one that long.
        raise PlacedError(Finding(f"a number is too large: {exc}"), Span(0, 1)) from None
    return _plain(document)


def _unexpanded(text: str, expanded: int) -> int:
    """The offset into a text that stands for an offset after pyparsing has expanded its tabs."""
    offset = 0
    for line in text.splitlines(keepends=True):
        width = len(line.expandtabs())
        if expanded < width:
            return offset + next(
                (index for index in range(len(line)) if len(line[: index + 1].expandtabs()) > expanded), 0
            )
        expanded -= width
        offset += len(line)
    return len(text)


def _plain(value: object) -> object:
    """The containers of pyhocon as plain ones, its null as None."""
    from pyhocon.config_tree import NoneValue

    if isinstance(value, dict):
        return {str(key).strip('"'): _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return None if isinstance(value, NoneValue) else value
