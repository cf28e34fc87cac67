"""Who asks a server for weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

__all__ = ["Anonymous", "Login"]


class Login(Protocol):
    """Who asks. May be used from several threads."""

    def headers(self) -> Mapping[str, str]:
        """Returns the headers that log in.

        Raises:
            WeightsError: The login has expired, or cannot be read.
            PassingError: Whoever gives logins out is away.
        """
        ...

    def renew(self) -> bool:
        """Gets a new login after the server has refused this one; returns whether there is one."""
        ...


class Anonymous:
    """Nobody in particular. Implements `Login`."""

    def headers(self) -> Mapping[str, str]:
        """See `Login.headers`."""
        return {}

    def renew(self) -> bool:
        """See `Login.renew`."""
        return False
