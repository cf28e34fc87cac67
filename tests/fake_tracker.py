"""A server on loopback that answers questions as an MLflow server does."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]


@contextmanager
def tracker(answer: Answer) -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """A server that answers questions by route, and notes them."""
    asked: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            route = self.path.removeprefix("/api/2.0/mlflow/")
            asked.append((route, question))
            code, body = answer(route, question)
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(job_name: str, **info: object) -> dict[str, Any]:
    tags = {"job_name": job_name, "error": "None", "cajajejo.attempt": "2"}
    metrics = {"score/mmlu/exact_match.test": 0.5, "mmlu/exact_match.test": 0.5}
    return {
        "info": {
            "run_id": f"run-of-{job_name}",
            "experiment_id": "3",
            "status": "FINISHED",
            "start_time": "1700000000000",
            "end_time": 1700000060000,
            **info,
        },
        "data": {
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
            "metrics": [{"key": key, "value": value} for key, value in metrics.items()],
        },
    }


def recent_run(job_name: str, *, ago_s: float = 0.0, **info: object) -> dict[str, Any]:
    """A run that took a minute, and ended so long ago."""
    end_ms = int((time.time() - ago_s) * 1000)
    return run(job_name, **{"start_time": end_ms - 60_000, "end_time": end_ms, **info})


def knowing(*runs: dict[str, Any]) -> Answer:
    def answer(route: str, _: dict[str, Any]) -> tuple[int, Any]:
        if route == "experiments/search":
            return 200, {"experiments": [{"experiment_id": "1"}, {"experiment_id": "3"}]}
        return 200, {"runs": list(runs)}

    return answer
