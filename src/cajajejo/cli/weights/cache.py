"""`cajajejo weights list`, `verify` and `prune`: what is in a cache."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.weights.options import CacheOption, JsonOption, print_json
from cajajejo.pod_protocol import WEIGHTS_CACHE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cajajejo.weights.cache.entries import CacheEntry

__all__ = ["list_command", "prune_command", "verify_command"]

DAY_S = 86_400.0


def list_command(cache: CacheOption = None, json_output: JsonOption = False) -> None:
    """List the models of a cache: size, when each was used last, source and revision.

    Exit codes: 0 ok, 2 there is no such folder.
    """
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.report.weights import weights_data, weights_lines
    from cajajejo.weights.cache.entries import entries

    folder = _cache(cache)
    found = list(entries(folder))
    if json_output:
        print_json({"ok": True, "cache": str(folder), "models": [weights_data(entry) for entry in found]})
    elif found:
        print_lines(weights_lines(found, time.time(), screen_width() if sys.stdout.isatty() else None))
    else:
        _say(f"no models in {folder}")


def verify_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]…", help="Only models whose source contains one of these texts."),
    ] = None,
    cache: CacheOption = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only read files that have changed since they were checked.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Read the models of a cache and hold every file against its checksum. Removes nothing.

    Exit codes: 0 all is right, 1 something is damaged (the next pull fetches it again), 2 bad input, 3 something
    cannot be read.
    """
    from cajajejo.weights.cache.entries import verify

    folder = _cache(cache)
    chosen = _named(folder, names)
    results = []
    for entry in chosen:
        faults = verify(entry, thoroughly=not quick)
        proven = [str(fault) for fault in faults if fault.is_proven]
        unread = [str(fault) for fault in faults if not fault.is_proven]
        results.append(
            {"source": entry.record.source, "folder": str(entry.files), "faults": proven, "unreadable": unread}
        )
        if not json_output:
            told = [f"{state}: {'; '.join(said)}" for state, said in (("DAMAGED", proven), ("UNREAD", unread)) if said]
            sys.stdout.write(f"{entry.record.source}  {'; '.join(told) or 'right'}\n")
    is_damaged = any(result["faults"] for result in results)
    is_right = not is_damaged and not any(result["unreadable"] for result in results)
    if json_output:
        print_json({"ok": is_right, "cache": str(folder), "models": results})
    elif not chosen:
        _say(f"no models in {folder}")
    raise typer.Exit(0 if is_right else 1 if is_damaged else 3)


def prune_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]…", help="Remove models whose source contains one of these texts."),
    ] = None,
    cache: CacheOption = None,
    unused_days: Annotated[
        float | None, typer.Option("--unused-days", min=0, help="Remove what no job has used for so many days.")
    ] = None,
    keep_gb: Annotated[
        float | None, typer.Option("--keep-gb", min=0, help="Remove the longest unused until so many GB are left.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Remove models from a cache: those that are named, or that nobody uses. Also what broken fetches have left.

    A model that a running job reads must stay: jobs note their use when they start, so give more days than they run.

    Exit codes: 0 ok, 2 bad input, 3 something cannot be removed.
    """
    from cajajejo.errors import BadInputError
    from cajajejo.weights.cache.answers import forget_gone
    from cajajejo.weights.cache.entries import entries
    from cajajejo.weights.cache.leftovers import leftovers, remove_leftovers
    from cajajejo.weights.cache.pruning import choose_to_remove

    folder = _cache(cache)
    if not names and unused_days is None and keep_gb is None:
        raise BadInputError(
            "what to remove is not said", remedy="give --unused-days, --keep-gb, or a part of a source's name"
        )
    candidates = _named(folder, names) if names else list(entries(folder))
    chosen = candidates
    if unused_days is not None or keep_gb is not None:
        unused_s = None if unused_days is None else unused_days * DAY_S
        keep = None if keep_gb is None else int(keep_gb * 1e9)
        chosen = choose_to_remove(candidates, time.time(), unused_for_s=unused_s, keep_bytes=keep)
    stale = leftovers(folder, time.time())
    if not dry_run:
        _remove(folder, chosen)
        remove_leftovers(stale)
        forget_gone(folder)
    freed = sum(entry.record.size_bytes for entry in chosen)
    if json_output:
        removed = [entry.record.source for entry in chosen]
        print_json({"ok": True, "removed": removed, "bytes": freed, "leftovers": len(stale), "dry_run": dry_run})
        return
    for entry in chosen:
        sys.stdout.write(f"{entry.record.source}  {entry.record.revision}\n")
    verb = "would free" if dry_run else "freed"
    _say(f"{verb} {freed / 1e9:.1f} GB: {len(chosen)} models, {len(stale)} unfinished fetches")


def _remove(folder: Path, chosen: Sequence[CacheEntry]) -> None:
    from cajajejo.weights.cache.entries import remove_entry
    from cajajejo.weights.fetch.work import written

    for entry in chosen:
        with written(entry.folder, ""):
            remove_entry(folder, entry)


def _cache(cache: Path | None) -> Path:
    from cajajejo.errors import BadInputError

    if cache is None:
        raise BadInputError("which cache is not said", remedy=f"give --cache FOLDER, or set {WEIGHTS_CACHE_VARIABLE}")
    if not cache.is_dir():
        raise BadInputError(f"{cache} is no folder", remedy="check the path, and that the volume is mounted")
    return cache.absolute()


def _named(folder: Path, names: Sequence[str] | None) -> list[CacheEntry]:
    from cajajejo.errors import BadInputError
    from cajajejo.weights.cache.entries import entries

    found = list(entries(folder))
    if not names:
        return found
    chosen = [entry for entry in found if any(name in entry.record.source for name in names)]
    if not chosen:
        raise BadInputError(
            f"no model in {folder} is called so", remedy=f"cajajejo weights list --cache {folder} shows them"
        )
    return chosen


def _say(text: str) -> None:
    from cajajejo.cli.streams import visible, write_error

    write_error(visible(f"{text}\n"))
