"""Keeps secrets out of texts: passwords inside addresses, and values of secret-looking variables. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote

__all__ = ["MASK", "Redactor", "looks_secret", "masked", "without_userinfo"]

MASK: Final = "***"

_SHORTEST = 6
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|CREDENTIAL|PRIVATE_?KEY", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/?#\s@]*(?:@[^/?#\s@]*)*@")

_HEADER = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{6,}")
"""The value of an Authorization header, which some servers repeat in their answer."""


def looks_secret(name: str) -> bool:
    """Returns whether a variable of this name probably holds a secret."""
    return _SECRET_NAME.search(name) is not None


def without_userinfo(uri: str) -> str:
    """Returns an address without user name and password: `https://me:secret@host/x` becomes `https://host/x`."""
    return _USERINFO.sub("", uri, count=1)


class Redactor:
    """Masks secrets in texts: with one compiled pattern, so that long logs stay cheap."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Collects what to mask.

        Args:
            environment: Names and values, such as `os.environ`. The values of names that contain TOKEN,
                SECRET, PASSWORD, PASSWD, API_KEY, ACCESS_KEY, CREDENTIAL or PRIVATE_KEY are secrets, and so
                is the user part of every address in any value. Values under 6 characters are ignored:
                masking them would garble innocent text.
        """
        found: set[str] = set()
        for name, value in environment.items():
            if _SECRET_NAME.search(name):
                found.update((value, value.strip(), *value.split("\n")))
            for userinfo in _USERINFO.findall(value):
                found.update((userinfo[:-1], userinfo[:-1].partition(":")[2]))
        spelled = {way for secret in found for way in _spellings(secret)}
        longest_first = sorted(
            (text for text in spelled if len(text) >= _SHORTEST), key=lambda text: (-len(text), text)
        )
        self._secrets = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def redact(self, text: str) -> str:
        """Returns the text with `***` in place of each secret and of each user part of an address."""
        return _HEADER.sub(rf"\1 {MASK}", _USERINFO.sub(f"{MASK}@", self._secrets.sub(MASK, text)))


def _spellings(secret: str) -> set[str]:
    """A secret as it is, and as it looks inside an address or a Python or JSON text."""
    escaped = secret.encode("unicode_escape").decode("ascii")
    return {secret, unquote(secret), quote(secret, safe=""), quote(secret), quote_plus(secret), escaped}


def masked(value: Any, mask: Callable[[str], str]) -> Any:
    """Returns JSON data with every text in it passed through `mask`; keys stay as they are."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: masked(item, mask) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, mask) for item in value]
    return value
