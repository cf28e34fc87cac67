"""A container's log as a kubelet serves it (`ReadLogs` of k8s.io/cri-client): records in, an answer out."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BEGIN_NS = 1_714_564_800 * 10**9
"""2024-05-01T12:00:00Z."""


@dataclass(frozen=True)
class Record:
    """What containerd writes: a line, or a part of one."""

    text: bytes
    after_ns: int = 0
    """Time since `BEGIN_NS`."""
    part: bool = False
    """Whether more of the line follows; also at the end of a log without a line end."""

    def answered(self, *, is_begin: bool) -> bytes:
        stamp = time_of(self.after_ns).encode() + b" " if is_begin else b""
        return stamp + self.text + (b"" if self.part else b"\n")


def time_of(after_ns: int) -> str:
    """A time as kubelets write it."""
    second, rest = divmod(BEGIN_NS + after_ns, 10**9)
    whole = datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{rest:09}Z"


def answer(records: Sequence[Record], *, since: str | None = None, tail: int | None = None) -> bytes:
    """The whole answer to a request with times that does not follow."""
    return b"".join(pieces(records, since=since, tail=tail))


def pieces(records: Sequence[Record], *, since: str | None = None, tail: int | None = None) -> Iterator[bytes]:
    """The answer, in the pieces in which the kubelet writes it: each record has its own time compared."""
    since_ns = -(10**30) if since is None else _since_ns(since)
    is_begin = True
    for record in records if tail is None else records[len(records) - min(tail, len(records)) :]:
        if record.after_ns >= since_ns:
            yield record.answered(is_begin=is_begin)
        is_begin = not record.part


def _since_ns(since: str) -> int:
    moment = datetime.datetime.fromisoformat(since.replace("Z", "+00:00"))
    return int(moment.timestamp()) * 10**9 - BEGIN_NS
