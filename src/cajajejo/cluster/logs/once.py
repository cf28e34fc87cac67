"""One container's log, each byte of it once, however often the connection breaks. Pure.

The log is read with the kubelet's times. After a break it is asked for again from a second or so before the last whole
line that was seen; what comes is a repetition up to that line, and new after it. Where that line does not come any
more, the node has thrown away a part of the log (it rotates its files), and what was lost is told.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from cajajejo.cluster.logs.stamps import first_stamp, resume_second, stamp_ns

__all__ = ["Gap", "Once"]

_KEPT = 64 * 1024
_ENDS_OF_A_LINE = 2
_LONGEST_KEPT = 64 * 1024 * 1024
"""A line without end that is longer than this is not joined again after a break, but told as a gap."""


@dataclass(frozen=True)
class Gap:
    """Lines that may be lost.

    Attributes:
        after: Time of the last line before them, as the kubelet writes it; "" where it is not known.
        before: Time of the first line after them; "" where there is none.
    """

    after: str
    before: str


class Once:
    """Lets each byte of a log through once."""

    def __init__(self, on_gap: Callable[[Gap], None]) -> None:
        self._on_gap = on_gap
        self._chunks: deque[tuple[bytes, int]] = deque()
        """The end of what was let through, with the number of lines that end in each chunk."""
        self._size = 0
        self._ends = 0
        self._replay: _Replay | None = None

    @property
    def since(self) -> str | None:
        """From when to ask after a break (RFC 3339), or None for from where it was first asked."""
        seen = self._whole_lines()
        return resume_second(seen[-1]) if seen else None

    @property
    def ending(self) -> bytes:
        """The last line that was let through, with its end if it has come; empty where nothing came."""
        body = self._kept()
        return body[body.rfind(b"\n", 0, len(body) - 1) + 1 :]

    def take(self, data: bytes) -> bytes:
        """Takes what came, cut anywhere, and returns what of it is new."""
        if self._replay is not None:
            data = self._replay.take(data)
            if self._replay.is_over:
                self._replay = None
        self._keep(data)
        return data

    def broke(self) -> None:
        """What comes next is the answer to another request, from `since`."""
        self._replay = _Replay(self._whole_lines(), self._kept().rpartition(b"\n")[2], self._on_gap)

    def end(self, *, quiet: bool = False) -> bytes:
        """The log is over: returns what is left of it.

        Args:
            quiet: Whether to tell no gap where the last answer did not repeat what was let through: it broke off, or
                the log is known to end with that.
        """
        rest = b""
        if self._replay is not None:
            rest = self._replay.end(_nobody if quiet else self._on_gap)
        self._replay = None
        self._keep(rest)
        return rest

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        ends = data.count(b"\n")
        self._chunks.append((data, ends))
        self._size += len(data)
        self._ends += ends
        while len(self._chunks) > 1:
            first, first_ends = self._chunks[0]
            # The last line is whole where two line ends are kept: its own, and that of the line before it.
            enough = self._size - len(first) >= _KEPT and self._ends - first_ends >= _ENDS_OF_A_LINE
            if not enough and self._size <= _LONGEST_KEPT:
                break
            self._chunks.popleft()
            self._size -= len(first)
            self._ends -= first_ends

    def _kept(self) -> bytes:
        return b"".join(chunk for chunk, _ in self._chunks)

    def _whole_lines(self) -> list[bytes]:
        """The last whole lines; what has no time is the kubelet's own words, or a line whose begin was not kept."""
        return [line for line in self._kept().split(b"\n")[:-1] if first_stamp(line)]


def _nobody(_: Gap) -> None:
    pass


class _Replay:
    """The beginning of the answer to a repeated request, which repeats what was seen."""

    def __init__(self, seen: list[bytes], unfinished: bytes, on_gap: Callable[[Gap], None]) -> None:
        """Begins.

        Args:
            seen: The last lines that were seen, without their ends.
            unfinished: What was seen of the line after them.
            on_gap: Is told when what was seen last does not come again, but something newer.
        """
        self._seen = Counter(seen)
        self._last = seen[-1] if seen else None
        self._unfinished = unfinished
        self._on_gap = on_gap
        self._last_to_come = self._seen[self._last] if self._last is not None else 0
        self._buffer = b""
        self.is_over = False
        """Whether all that comes from now on is new."""

    def take(self, data: bytes) -> bytes:
        """Returns what is new."""
        self._buffer += data
        return self._pass_lines() if self._last_to_come else self._pass_unfinished()

    def end(self, on_gap: Callable[[Gap], None]) -> bytes:
        """Returns what is new of an answer that is over."""
        self._on_gap = on_gap
        rest, self._buffer = self._buffer, b""
        if self._last_to_come:
            if rest and not self._is_newer(rest):
                rest = b""
            self._tell_gap(rest)
            return rest
        if rest == self._unfinished:
            return b""
        if self._unfinished.startswith(rest):
            self._tell_gap(b"")
            return b""
        return self._after_gap(rest)

    def _pass_lines(self) -> bytes:
        """Passes over whole lines up to the last that was seen."""
        begin = 0
        while (end := self._buffer.find(b"\n", begin)) >= 0:
            line = self._buffer[begin:end]
            if line == self._last:
                self._last_to_come -= 1
                if not self._last_to_come:
                    self._buffer = self._buffer[end + 1 :]
                    return self._pass_unfinished()
            elif not self._seen[line] and self._is_newer(line):
                self._buffer = self._buffer[begin:]
                # The last line may be gone and the one after it still there, of which a part was seen.
                goes_on = self._unfinished and line.startswith(self._unfinished)
                return self._pass_unfinished() if goes_on else self._after_gap(self._buffer)
            begin = end + 1
        self._buffer = self._buffer[begin:]
        return b""

    def _pass_unfinished(self) -> bytes:
        """Passes over what was seen of the line that was coming when the connection broke."""
        expected, buffer = self._unfinished, self._buffer
        if len(buffer) < len(expected) and expected.startswith(buffer):
            return b""
        if not buffer.startswith(expected):
            return self._after_gap(buffer)
        self.is_over, self._buffer = True, b""
        return buffer[len(expected) :]

    def _after_gap(self, rest: bytes) -> bytes:
        self._tell_gap(rest)
        self.is_over, self._buffer = True, b""
        # The line that was coming never got its end.
        return (b"\n" if self._unfinished else b"") + rest

    def _tell_gap(self, rest: bytes) -> None:
        after = first_stamp(self._unfinished or self._last or b"") or b""
        self._on_gap(Gap(after.decode(), (first_stamp(rest) or b"").decode()))

    def _is_newer(self, line: bytes) -> bool:
        """Whether a line is later than the last that was seen. A line without a time is the rest of an older one."""
        time_ns, last_ns = stamp_ns(line), stamp_ns(self._last or b"")
        return time_ns is not None and last_ns is not None and time_ns > last_ns
