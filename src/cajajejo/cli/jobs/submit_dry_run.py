"""`submit-job --dry-run`: what the API server would say to jobs, and what they would change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cajajejo.cli.jobs.job_sources import JobSource
    from cajajejo.cluster.submission.dry_run import Outlook
    from cajajejo.manifests.spec import JobSpec

__all__ = ["print_outlooks"]


def print_outlooks(
    sources: Sequence[JobSource],
    read: Callable[[JobSource], JobSpec],
    look: Callable[[JobSpec], Outlook],
    *,
    as_json: bool,
) -> int:
    """Prints what submitting would change; one that fails stops no other. Returns the exit code.

    Args:
        sources: The jobs.
        read: Reads one.
        look: Asks the server.
        as_json: Whether to print it as data.

    Raises:
        CajajejoError: There is only one job, and it fails.
    """
    from cajajejo.cli.errors import error_data, print_error
    from cajajejo.cli.jobs.submitted import outlook_data, outlook_text
    from cajajejo.cli.streams import json_text, printed, visible, write_error
    from cajajejo.errors import CajajejoError

    code = 0
    found: list[dict[str, Any]] = []
    for source in sources:
        try:
            outlook = look(read(source))
        except CajajejoError as error:
            if len(sources) == 1:
                raise
            code = max(code, int(error.exit_code))
            found.append({"source": source.label, **error_data(error)})
            write_error(f"{visible(source.label)}:\n")
            print_error(error)
            continue
        found.append({"source": source.label, **outlook_data(outlook)})
        if not as_json:
            text = visible(outlook_text(outlook))
            printed(lambda text=text: sys.stdout.write(text))  # type: ignore[misc]
        for warning in outlook.submitted.warnings:
            write_error(f"warning: {visible(warning)}\n")
    if as_json:
        text = json_text({"ok": code == 0, "dry_run": True, "jobs": found})
        printed(lambda: sys.stdout.write(text))
    return code
