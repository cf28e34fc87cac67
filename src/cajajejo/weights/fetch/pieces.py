"""Which bytes of a file are still to be fetched, and how they are dealt out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Span", "cut", "joined", "missing"]


@dataclass(frozen=True, order=True)
class Span:
    """A part of a file that is there.

    Attributes:
        start: The first byte.
        stop: The byte behind the last one.
        crc32c: The checksum of the bytes.
    """

    start: int
    stop: int
    crc32c: int = 0


def joined(spans: Iterable[Span]) -> list[Span]:
    """Returns the spans in order, without those that begin within another one.

    Two that fetched the same file at once may both have noted a part of it.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.stop)):
        if span.start >= (kept[-1].stop if kept else 0) and span.start < span.stop:
            kept.append(span)
    return kept


def missing(size: int, spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """Yields the gaps that spans leave in a file: the first byte of each, and the one behind its last.

    Args:
        size: The file's size in bytes.
        spans: In order, none within another one.
    """
    at = 0
    for span in spans:
        if span.start > at:
            yield at, span.start
        at = span.stop
    if at < size:
        yield at, size


def cut(start: int, stop: int, piece_bytes: int) -> Iterator[tuple[int, int]]:
    """Yields a gap in pieces of at most `piece_bytes`."""
    for at in range(start, stop, piece_bytes):
        yield at, min(stop, at + piece_bytes)
