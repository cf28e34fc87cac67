"""The models of a cache as a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cajajejo.report.lines import Line
from cajajejo.weights.cache.entries import CacheEntry

__all__ = ["weights_data", "weights_lines"]

_HEAD = ("SIZE", "FILES", "USED", "FETCHED", "SOURCE", "REVISION")
_REVISION = 16


def weights_lines(entries: Sequence[CacheEntry], now_s: float, width: int | None = None) -> list[Line]:
    """Returns a table, the last used model first.

    Args:
        entries: The models.
        now_s: Seconds since the epoch.
        width: Columns of the terminal, or None for lines as long as they are.
    """
    rows = [_HEAD, *(_row(entry, now_s) for entry in sorted(entries, key=lambda entry: -entry.used_at_s))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = []
    for number, row in enumerate(rows):
        cells = (
            cell.rjust(size) if column < 2 else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        text = "  ".join(cells).rstrip()
        cut = text if width is None or len(text) <= width else f"{text[: width - 1]}…"
        lines.append(Line.of(cut, "bold" if number == 0 else ""))
    total = sum(entry.record.size_bytes for entry in entries)
    lines.append(Line.of(f"{len(entries)} {'model' if len(entries) == 1 else 'models'}, {_size(total)}", "dim"))
    return lines


def weights_data(entry: CacheEntry) -> dict[str, object]:
    """Returns a model as plain data."""
    record = entry.record
    return {
        "source": record.source,
        "kind": record.kind,
        "key": record.key,
        "revision": record.revision,
        "folder": str(entry.files),
        "bytes": record.size_bytes,
        "files": [file.name for file in record.files],
        "left_out": list(record.left_out),
        "fetched_at_s": record.fetched_at_s,
        "used_at_s": entry.used_at_s,
    }


def _row(entry: CacheEntry, now_s: float) -> tuple[str, ...]:
    record = entry.record
    used, fetched = (_ago(now_s - at_s) for at_s in (entry.used_at_s, record.fetched_at_s))
    revision = record.revision if len(record.revision) <= _REVISION else f"{record.revision[:_REVISION]}…"
    return _size(record.size_bytes), str(len(record.files)), used, fetched, record.source, revision


def _ago(seconds: float) -> str:
    for limit, unit, size in ((120.0, "s", 1.0), (7200.0, "min", 60.0), (172_800.0, "h", 3600.0)):
        if seconds < limit:
            return f"{max(seconds, 0.0) / size:.0f} {unit} ago"
    return f"{seconds / 86_400:.0f} d ago"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
