"""What of a job's logs is wanted. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cajajejo.cluster.logs.runs import Wanted

__all__ = ["LogOptions", "Since"]

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(?:[0-9]+[smhd])+")
_LONGEST_S = 10 * 365 * 86400
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Since:
    """From when on; one of the two.

    Attributes:
        seconds: So many seconds ago, by the node's clock.
        time: From that time on (RFC 3339, whole seconds).
    """

    seconds: int | None = None
    time: str | None = None

    @classmethod
    def parse(cls, text: str) -> Since:
        """Reads `5m`, `2h`, `1d`, `1h30m` or an RFC 3339 time.

        Raises:
            ValueError: It is none of these; the message says so.
        """
        if _SPAN.fullmatch(text):
            parts = re.findall(r"([0-9]+)([smhd])", text)
            return cls(seconds=min(_LONGEST_S, max(1, sum(int(count) * _UNITS_S[unit] for count, unit in parts))))
        found = _TIME.fullmatch(text)
        if found:
            try:
                zone = found[3].upper().replace("Z", "+00:00")
                time = datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
                return cls(time=time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
            except (ValueError, OverflowError):
                pass
        raise ValueError(f"{text!r} is neither a span such as 5m, 2h or 1d nor a time such as 2024-05-01T12:00:00Z")

    def query(self, asked_before_s: float) -> Mapping[str, str]:
        """Returns what to ask the API server.

        Args:
            asked_before_s: How long ago this was meant, in seconds.
        """
        if self.seconds is not None:
            return {"sinceSeconds": str(self.seconds + int(asked_before_s))}
        return {} if self.time is None else {"sinceTime": self.time}


@dataclass(frozen=True)
class LogOptions:
    """What of the logs to print.

    Attributes:
        wanted: Which containers.
        tail: So many lines from the end of the container that runs, and what follows; None for all.
        since: From when on; None for all.
        timestamps: Print when each line was written.
        raw: Print the event lines, which are for machines, too.
    """

    wanted: Wanted = Wanted.ALL
    tail: int | None = None
    since: Since | None = None
    timestamps: bool = False
    raw: bool = False
