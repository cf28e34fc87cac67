"""`cajajejo weights pull`: a model into a cache, or into a folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.weights.options import CacheOption, JsonOption, print_json
from cajajejo.pod_protocol import WEIGHTS_CACHE_VARIABLE

if TYPE_CHECKING:
    from cajajejo.weights.fetch.listing import FetchChoice
    from cajajejo.weights.fetch.remote import Source
    from cajajejo.weights.fetch.work import FetchOptions

__all__ = ["pull_command"]


def pull_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="gs://bucket/path, hf://organisation/name@revision, models:/name/version, models:/name@alias, "
            "runs:/RUN_ID/path, or a folder.",
        ),
    ],
    cache: CacheOption = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Put the files into this new folder; with a cache it becomes a link to them."),
    ] = None,
    tracking_uri: Annotated[
        str | None,
        typer.Option("--tracking-uri", envvar="MLFLOW_TRACKING_URI", help="MLflow server of models: and runs:."),
    ] = None,
    all_files: Annotated[
        bool, typer.Option("--all-files", help="Also fetch what a model does not need: training state, other formats.")
    ] = False,
    leave_out: Annotated[
        list[str] | None, typer.Option("--leave-out", metavar="PATTERN", help="Leave out such files, as in '*.bin'.")
    ] = None,
    streams: Annotated[int, typer.Option("--streams", min=1, max=64, help="How many requests at once.")] = 8,
    patience_s: Annotated[
        float, typer.Option("--patience", min=0, help="Seconds to keep trying while a server is away.")
    ] = 120.0,
    json_output: JsonOption = False,
) -> None:
    """Fetch a model into a cache, or a folder, whole or not at all; print where it is.

    What is there is only looked at. A fetch that was stopped or killed goes on where it was. Several at once, on
    several machines, make one download. Hugging Face: HF_TOKEN logs in, HF_ENDPOINT names a mirror.

    Exit codes: 0 it is there, 2 it does not exist or may not be read, 3 worth a retry.

    For example `cajajejo weights pull gs://models/llama-3 --cache /mnt/cache`, or
    `cajajejo weights pull hf://EleutherAI/pythia-70m@main --to ./pythia`.
    """
    from cajajejo.errors import BadInputError
    from cajajejo.weights.fetch.choose import named_source
    from cajajejo.weights.fetch.listing import FetchChoice
    from cajajejo.weights.fetch.patience import Patience
    from cajajejo.weights.fetch.transfer import TransferOptions
    from cajajejo.weights.fetch.work import FetchOptions

    if cache is None and to is None:
        raise BadInputError(
            "where to is not said", remedy=f"give --cache FOLDER (or {WEIGHTS_CACHE_VARIABLE}), or --to FOLDER"
        )
    if to is not None and os.path.lexists(to):
        raise BadInputError(f"{to} is there already", remedy="give the name of a new folder")
    choice = FetchChoice(all_files=all_files, leave_out=tuple(leave_out or ()))
    patience = Patience(unanswered_s=min(patience_s, Patience.unanswered_s), away_s=patience_s)
    options = FetchOptions(transfer=TransferOptions(streams=streams, patience=patience))
    found = named_source(source, tracking_uri, patience)
    folder = _pulled(found, cache, to, choice, options)
    if json_output:
        print_json({"ok": True, "source": found.uri, "folder": str(folder)})
    else:
        sys.stdout.write(f"{folder}\n")


def _pulled(source: Source, cache: Path | None, to: Path | None, choice: FetchChoice, options: FetchOptions) -> Path:
    from cajajejo.cli.weights.progress import WeightsProgress
    from cajajejo.weights.cache.fill import fetch_into_cache
    from cajajejo.weights.fetch.pull import fetch_folder, link_folder

    progress = WeightsProgress(None)
    if cache is None:
        assert to is not None
        fetch_folder(source, to.absolute(), to.absolute().parent, progress, choice=choice, options=options)
        return to.absolute()
    entry = fetch_into_cache(source, cache.absolute(), progress, choice=choice, options=options)
    if to is None:
        return entry.files
    link_folder(to.absolute(), entry.files)
    return to.absolute()
