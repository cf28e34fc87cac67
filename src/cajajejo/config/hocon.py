"""HOCON text to plain values with pyhocon, as HELM reads it; pyhocon's complaints in plain words."""

from __future__ import annotations

from cajajejo.config.findings import Finding
from cajajejo.config.places import PlacedError
from cajajejo.config.source import Span

__all__ = ["read_hocon"]


def read_hocon(text: str) -> object:
    """Return the plain values of a HOCON text that the scanner has passed.

    Args:
        text: The text, free of includes and substitutions.

    Returns:
        Dicts, lists, text, numbers, truth values and None.

    Raises:
        PlacedError: It is not HOCON.
    """
    from pyhocon import ConfigFactory  # it costs 60 ms, and only this needs it
    from pyhocon.exceptions import ConfigException
    from pyparsing import ParseBaseException

    try:
        document = ConfigFactory.parse_string(text, resolve=False)
    except ParseBaseException as exc:
        raise PlacedError(
            Finding("this is not HOCON", "key: value, lists in [ ], objects in { }"), _at(text, exc.loc)
        ) from None
    except ConfigException as exc:
        raise PlacedError(Finding(f"this cannot be read: {exc}"), Span(0, 1)) from None
    return _plain(document)


def _at(text: str, offset: int) -> Span:
    return Span(min(offset, len(text)), min(offset, len(text)) + 1)


def _plain(value: object) -> object:
    """Pyhocon's containers as plain ones; anything else that is no JSON value as None."""
    from pyhocon.config_tree import NoneValue

    if isinstance(value, dict):
        return {str(key).strip('"'): _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return None if isinstance(value, NoneValue) else value
