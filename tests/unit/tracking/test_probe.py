from __future__ import annotations

import base64
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError, TrackerUnavailableError
from cajajejo.tracking.local_uri import local_tracking_uri
from cajajejo.tracking.probe import probe

JSON = {"Content-Type": "application/json"}


@contextmanager
def serving(status: int, body: bytes, headers: dict[str, str] = JSON) -> Iterator[tuple[str, list]]:
    seen: list = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            seen.append((self.path, self.headers))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def accepting(drip: bytes) -> Iterator[str]:
    """A server that accepts, and then says nothing or only a byte now and then."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def work():
        connection, _ = listener.accept()
        with connection:
            while not over.wait(0.02):
                try:
                    connection.sendall(drip)
                except OSError:
                    return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listener.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(autouse=True)
def _home_without_logins(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))


def test_a_server_that_answers_is_fine():
    with serving(200, b'{"experiments": []}') as (uri, seen):
        probe(uri, environment={})
        probe(f"{uri}/", environment={})
    path, headers = seen[0]
    assert path == "/api/2.0/mlflow/experiments/search"
    assert headers["Authorization"] is None


@pytest.mark.parametrize(
    ("environment", "user", "expected"),
    [
        ({"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "pw", "MLFLOW_TRACKING_TOKEN": "t"}, "", "u:pw"),
        ({"MLFLOW_TRACKING_TOKEN": "t0k"}, "", "Bearer t0k"),
        ({}, "me:p%40w@", "me:p@w"),
        ({}, "", None),
    ],
)
def test_the_login_is_that_of_mlflow(environment, user, expected):
    with serving(200, b"{}") as (uri, seen):
        probe(uri.replace("//", f"//{user}"), environment=environment)
    sent = seen[0][1]["Authorization"]
    if expected is not None and ":" in expected:
        expected = "Basic " + base64.b64encode(expected.encode()).decode()
    assert sent == expected


def test_the_login_can_be_in_mlflow_s_file_or_netrc(tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login n password s3\n")
    with serving(200, b"{}") as (uri, seen):
        probe(uri, environment={})
        (tmp_path / ".mlflow").mkdir()
        (tmp_path / ".mlflow" / "credentials").write_text(
            "[mlflow]\nmlflow_tracking_username = f\nmlflow_tracking_password = p\n"
        )
        probe(uri, environment={})
    sent = [base64.b64decode(headers["Authorization"].split()[1]) for _, headers in seen]
    assert sent == [b"n:s3", b"f:p"]


def test_a_refused_login_is_told_without_the_password():
    body = json.dumps({"error_code": "PERMISSION_DENIED", "message": "no, hunter22 is wrong"}).encode()
    environment = {"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "hunter22"}
    for status in (401, 403):
        with serving(status, body) as (uri, _), pytest.raises(TrackerLoginError) as caught:
            probe(uri.replace("//", "//me:hunter22@"), environment=environment)
        assert caught.value.status == status
        assert "hunter22" not in f"{caught.value} {caught.value.uri} {caught.value.remedy}"
        assert "is wrong" in str(caught.value)


def test_a_login_only_mlflow_can_do_is_not_judged():
    with serving(401, b"") as (uri, _):
        probe(uri, environment={"MLFLOW_TRACKING_AUTH": "my-plugin"})


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>hello</html>"), (200, b"[]"), (404, b"{}"), (405, b"")])
def test_what_is_no_mlflow_server_is_told_as_such(status, body):
    with serving(status, body) as (uri, _), pytest.raises(RecordRefusedError, match="no MLflow server"):
        probe(uri, environment={})


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_failing_server_is_worth_a_retry(status):
    with serving(status, b"oh no") as (uri, _), pytest.raises(TrackerUnavailableError, match="oh no") as caught:
        probe(uri, environment={})
    assert caught.value.status == status


def test_a_redirect_is_not_followed_with_the_login():
    headers = {"Location": "https://login.example/sign-in?secret=1"}
    with serving(302, b"", headers) as (uri, _), pytest.raises(RecordRefusedError) as caught:
        probe(uri, environment={"MLFLOW_TRACKING_TOKEN": "t0ken-t0ken"})
    assert "https://login.example/sign-in" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_nobody_listens():
    with pytest.raises(TrackerUnavailableError, match="refused"):
        probe(f"http://127.0.0.1:{free_port()}", environment={})


def test_a_name_that_does_not_exist():
    with pytest.raises(TrackerUnavailableError):
        probe("http://tracker.invalid:5000", 5, environment={})


@pytest.mark.parametrize("drip", [b"", b"H", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
def test_silence_and_dripping_are_bounded(drip):
    with accepting(drip) as uri:
        start = time.monotonic()
        with pytest.raises(TrackerUnavailableError):
            probe(uri, 0.5, environment={})
        assert time.monotonic() - start < 3


def test_a_certificate_file_that_is_missing():
    with pytest.raises(TrackerUnavailableError, match="certificate"):
        probe("https://127.0.0.1:1", environment={"MLFLOW_TRACKING_SERVER_CERT_PATH": "/nowhere.pem"})


def test_a_local_tracker_needs_a_folder_that_can_be_written(tmp_path):
    probe(f"sqlite:///{tmp_path}/new/deep/mlflow.db")
    probe(f"file://{tmp_path}/new")
    probe(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    for uri in (f"sqlite:///{tmp_path}/file/mlflow.db", f"{tmp_path}/file", f"{tmp_path}/file/x"):
        with pytest.raises(RecordRefusedError, match="not a folder"):
            probe(uri)


def test_a_path_with_unusual_characters_is_decoded(tmp_path):
    folder = tmp_path / "a?b #1 100%"
    folder.write_text("")
    for uri in (local_tracking_uri(folder / "mlflow.db"), f"sqlite:///{quote(str(folder))}/x.db", folder.as_uri()):
        with pytest.raises(RecordRefusedError, match=r"a\?b #1 100% is not a folder"):
            probe(uri)


def test_a_folder_without_the_right_to_write(monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(RecordRefusedError, match="may not be written"):
        probe("sqlite:////usr/x/mlflow.db")


def test_others_are_not_probed():
    probe("postgresql://host/db")
    probe("sqlite:///:memory:")


def test_probing_does_not_import_mlflow():
    import subprocess

    code = "import sys; from cajajejo.tracking.probe import probe; probe('/tmp'); print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert Path(sys.executable).exists()
