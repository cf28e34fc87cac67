"""HELM's own overview (what `helm-summarize` writes), made in the process that ran the entries.

There the model folder is known by its name; `helm-summarize` alone would ask the Hugging Face hub for a repository
that is called like the folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["default_schema", "forget_other_runs", "write_overview"]

NOT_RUNS = ("eval_cache", "groups")


@lru_cache(maxsize=1)
def default_schema() -> Any:
    """Returns HELM's classic schema, which says what each scenario is usually judged by. Read once."""
    from helm.benchmark.presentation.schema import read_schema

    return read_schema(_schema_path())


def _schema_path() -> str:
    from helm.benchmark.presentation.schema import get_default_schema_path

    return str(get_default_schema_path())


def forget_other_runs(suite_folder: Path, names: Collection[str]) -> None:
    """Removes the folders of entries that are no longer asked for, so that the overview does not count them."""
    for folder in suite_folder.iterdir() if suite_folder.is_dir() else ():
        if folder.is_dir() and folder.name not in names and folder.name not in NOT_RUNS:
            shutil.rmtree(folder)


def write_overview(output_folder: Path, suite: str) -> None:
    """Writes HELM's tables and JSON files for its web pages into `runs/<suite>`."""
    from helm.benchmark.presentation.summarize import Summarizer

    summarizer = Summarizer(
        release=None,
        suites=None,
        suite=suite,
        schema_path=None,
        output_path=str(output_folder),
        verbose=False,
        num_threads=8,
        allow_unknown_models=True,
    )
    summarizer.schema_path = _schema_path()
    summarizer.schema = default_schema()
    summarizer.run_pipeline(skip_completed=False)
