"""Which log entries are wanted, in the query language of Cloud Logging. Pure."""

from __future__ import annotations

import datetime
import enum
import re
from dataclasses import dataclass

from cajajejo.config.suggest import nearest
from cajajejo.errors import BadInputError

__all__ = ["LogQuery", "Shift", "ShiftUnit"]

_JOB_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


class ShiftUnit(str, enum.Enum):
    """What a span of time is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


@dataclass(frozen=True)
class Shift:
    """How far to look back.

    Attributes:
        amount: How many, one or more.
        unit: Of what.
    """

    amount: int
    unit: ShiftUnit

    @classmethod
    def parse(cls, amount: str, unit: str) -> Shift:
        """Reads what a user wrote.

        Args:
            amount: A whole number, one or more.
            unit: `minutes`, `hours`, `days` or `weeks`; the singular will do.

        Raises:
            BadInputError: It is not one of these.
        """
        units = [one.value for one in ShiftUnit]
        plural = unit if unit.endswith("s") else f"{unit}s"
        if plural not in units:
            near = nearest(plural, units)
            raise BadInputError(
                f"--shift-unit {unit!r} is not one of: {', '.join(units)}",
                remedy=f"did you mean {near}?" if near else None,
            )
        if not _NUMBER.fullmatch(amount) or int(amount) == 0:
            raise BadInputError(f"--shift-amount {amount!r} is not a whole number from 1 to 999999")
        return cls(int(amount), ShiftUnit(plural))

    @property
    def span(self) -> datetime.timedelta:
        """The span of time."""
        return datetime.timedelta(**{self.unit.value: self.amount})

    def before(self, now: datetime.datetime) -> datetime.datetime:
        """Returns when that was.

        Args:
            now: The time.

        Raises:
            BadInputError: There was no time yet.
        """
        try:
            return now - self.span
        except OverflowError as error:
            raise BadInputError(f"{self} ago is before all time") from error

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value.removesuffix('s') if self.amount == 1 else self.unit.value}"


@dataclass(frozen=True)
class LogQuery:
    """Which entries are wanted.

    Attributes:
        job: The whole name of the job.
        since: From when on.
        until: Until when.
        cluster: The cluster's name; empty for whichever.
        region: The cluster's region or zone; empty for whichever.
        namespace: The job's namespace; empty for whichever.
    """

    job: str
    since: datetime.datetime
    until: datetime.datetime
    cluster: str = ""
    region: str = ""
    namespace: str = ""

    def __post_init__(self) -> None:
        """Makes sure that the name can be one, because it becomes a part of the query.

        Raises:
            BadInputError: No job can have that name.
        """
        if not _JOB_NAME.fullmatch(self.job):
            raise BadInputError(
                f"no job can be called {self.job!r}",
                remedy="a job's name has lower-case letters, digits and -; `cajajejo jobs list` names all",
            )

    def filter_text(self) -> str:
        """Returns the query, as the console's Logs Explorer takes it, too.

        Entries of a pod carry its labels as `k8s-pod/<key>`, with `_` for the dots of the key.
        """
        name = _quoted(self.job)
        parts = [
            'resource.type="k8s_container"',
            f'(labels."k8s-pod/job-name"={name} OR labels."k8s-pod/batch_kubernetes_io/job-name"={name})',
            *self._places(),
            f'timestamp>="{_stamp(self.since)}"',
            f'timestamp<="{_stamp(self.until)}"',
        ]
        return " AND ".join(parts)

    def _places(self) -> list[str]:
        given = {"cluster_name": self.cluster, "location": self.region, "namespace_name": self.namespace}
        return [f"resource.labels.{key}={_quoted(value)}" for key, value in given.items() if value]

    def described(self) -> str:
        """Returns in words what was asked for."""
        places = [("cluster", self.cluster), ("region", self.region), ("namespace", self.namespace)]
        where = "".join(f", {word} {value}" for word, value in places if value)
        return f"job {self.job} from {_stamp(self.since)} to {_stamp(self.until)}{where}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _stamp(time: datetime.datetime) -> str:
    return time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
