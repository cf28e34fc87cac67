"""The HELM process: `python -m cajajejo.harness.helm REQUEST`."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from pathlib import Path

from cajajejo.harness.contract import EVENTS_FILE, EventKind, read_request
from cajajejo.harness.events import EventWriter
from cajajejo.harness.helm.faults import is_disk_full
from cajajejo.harness.helm.preparation import prepare
from cajajejo.redact import Redactor


def main() -> int:
    """Runs one request and returns the exit code of the contract."""
    go = threading.Event()
    threading.Thread(target=_watch_parent, args=(go,), daemon=True).start()
    request_path = Path(sys.argv[1])
    request = read_request(request_path)
    downloads = prepare(trace=request.trace)
    from cajajejo.harness.helm.preflight import RefusedError
    from cajajejo.harness.helm.session import Session

    events = EventWriter(request_path.parent / EVENTS_FILE, mask=Redactor(os.environ).redact)
    try:
        return Session(request, events, downloads).run(lambda: _wait(go))
    except RefusedError as error:
        events.emit(EventKind.REFUSED, reason=error.reason.value, message=str(error), **error.data)
        print(error, file=sys.stderr)  # noqa: T201 - this process's output is the run's log
        return 2


def _wait(go: threading.Event) -> None:
    go.wait()


def _watch_parent(go: threading.Event) -> None:
    """Waits for `go`, and ends this process when the parent is gone: nobody would take its results."""
    for line in sys.stdin:
        if line.strip() == "go":
            go.set()
    os._exit(70)


def _leave(code: int) -> None:
    """Ends without unwinding: everything is on disk, and tearing down torch and HELM takes a second."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        exit_code = main()
    except BaseException as failure:  # noqa: BLE001 - a crash must end here, with its cause in the log
        traceback.print_exc()
        exit_code = 3 if is_disk_full(failure) else 70
    _leave(exit_code)
