"""Logins, redirects and refusals, by a server that answers as it is told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import PassingError
from cajajejo.weights.fetch.web.requests import Web

Answer = tuple[int, Mapping[str, str], bytes]
CONTENT = bytes(range(256)) * 10


class Scripted:
    """Answers by path; notes paths, logins and ranges."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Mapping[str, str]], Answer]] = {}
        self.asked: list[tuple[str, str | None, str | None]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked.append((self.path, self.headers.get("Authorization"), self.headers.get("Range")))
                status, headers, body = owner.answers[self.path](self.headers)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.uri = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda _: (status, named, body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Password:
    """A login that can be renewed once."""

    def __init__(self) -> None:
        self.words = ["old", "new"]

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": self.words[0]}

    def renew(self) -> bool:
        if len(self.words) == 1:
            return False
        self.words.pop(0)
        return True


@pytest.fixture
def server() -> Iterator[Scripted]:
    scripted = Scripted()
    yield scripted
    scripted.close()


def web(login: Password | None = None) -> Web:
    return Web("gs://b/m", {403: "ask for the right"}, login=login)


def read(asked: Web, url: str, start: int = 0, stop: int | None = None) -> bytes:
    body, _ = asked.open(url, start=start, stop=stop, object_uri="gs://b/m/x")
    try:
        return b"".join(iter(lambda: body.read(100), b""))
    finally:
        body.close()


def test_a_part_is_asked_for(server: Scripted) -> None:
    server.answer("/x", 206, CONTENT[10:20])
    assert read(web(), f"{server.uri}/x", 10, 20) == CONTENT[10:20]
    assert server.asked == [("/x", None, "bytes=10-19")]


def test_of_a_server_that_sends_all_the_part_is_taken(server: Scripted) -> None:
    server.answer("/x", 200, CONTENT)
    assert read(web(), f"{server.uri}/x", 1000, 1500) == CONTENT[1000:1500]
    assert read(web(), f"{server.uri}/x", 1000) == CONTENT[1000:]


def test_a_login_that_is_refused_is_renewed_once(server: Scripted) -> None:
    server.answers["/x"] = lambda headers: (200 if headers["Authorization"] == "new" else 401, {}, CONTENT)
    assert read(web(Password()), f"{server.uri}/x") == CONTENT
    assert [login for _, login, _ in server.asked] == ["old", "new"]
    server.answer("/y", 401)
    with pytest.raises(WeightsError) as caught:
        read(web(Password()), f"{server.uri}/y")
    assert (caught.value.status, caught.value.exit_code) == (401, 2)


def test_a_login_goes_to_no_other_place(server: Scripted) -> None:
    server.answer("/x", 302, Location="/y")
    server.answer("/y", 307, Location=f"http://localhost:{server.port}/z")
    server.answer("/z", 200, CONTENT)
    asked = web(Password())
    assert read(asked, f"{server.uri}/x") == CONTENT
    assert server.asked == [("/x", "old", None), ("/y", "old", None), ("/z", None, None)]


def test_redirects_end(server: Scripted) -> None:
    server.answer("/x", 302, Location="/x")
    with pytest.raises(WeightsError, match="redirects without end"):
        read(web(), f"{server.uri}/x")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass(server: Scripted, status: int) -> None:
    server.answer("/x", status, b'{"error": {"message": "slow down"}}', Retry_After="7")
    with pytest.raises(PassingError) as caught:
        read(web(), f"{server.uri}/x")
    assert str(caught.value) == f"cannot fetch gs://b/m/x (status {status}): slow down"
    assert (caught.value.wish_s, caught.value.error.exit_code) == (7.0, 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_does_not(server: Scripted, status: int) -> None:
    server.answer("/x", status, b"<html>no</html>")
    with pytest.raises(WeightsError) as caught:
        read(web(), f"{server.uri}/x")
    assert (caught.value.status, caught.value.exit_code) == (status, 2)
    assert caught.value.object_uri == "gs://b/m/x"
    assert caught.value.remedy == ("ask for the right" if status == 403 else None)


def test_an_answer_that_ends_early_may_pass(server: Scripted) -> None:
    server.answer("/x", 200, CONTENT[:50], Content_Length="2560")
    with pytest.raises(PassingError, match=r"gs://b/m/x \(no answer\)"):
        read(web(), f"{server.uri}/x")


def test_an_answer_that_is_no_json_is_told(server: Scripted) -> None:
    server.answer("/x", 200, b"<html>log in</html>")
    with pytest.raises(WeightsError, match="not in JSON"):
        web().json(f"{server.uri}/x")


def test_a_secret_is_not_told(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    server.answer("/x", 403, b"hf_verysecret may not")
    with pytest.raises(WeightsError) as caught:
        read(web(), f"{server.uri}/x")
    assert "verysecret" not in str(caught.value)
    assert "may not" in str(caught.value)


def test_bytes_of_another_place_are_refused(server: Scripted) -> None:
    server.answer("/x", 206, CONTENT[10:20], Content_Range="bytes 10-19/2560")
    assert read(web(), f"{server.uri}/x", 10, 20) == CONTENT[10:20]
    with pytest.raises(WeightsError, match="bytes from 10 on, and was asked for those from 20 on") as caught:
        read(web(), f"{server.uri}/x", 20, 30)
    assert caught.value.exit_code == 3


def test_what_comes_compressed_is_refused(server: Scripted) -> None:
    server.answer("/x", 200, CONTENT, Content_Encoding="gzip")
    with pytest.raises(WeightsError, match="compressed"):
        read(web(), f"{server.uri}/x")


def test_a_redirect_to_no_address_is_told(server: Scripted) -> None:
    server.answer("/x", 302, Location="http://[")
    with pytest.raises(WeightsError, match="redirects to what is no address"):
        read(web(), f"{server.uri}/x")


@pytest.mark.parametrize("status", [200, 403])
def test_an_answer_that_is_nested_too_deeply_is_told(server: Scripted, status: int) -> None:
    server.answer("/x", status, b"[" * 10_000)
    with pytest.raises(WeightsError):
        web().json(f"{server.uri}/x")


def test_a_place_that_is_known_is_not_shown_the_login_of_another(server: Scripted) -> None:
    server.answer("/x", 200, CONTENT)
    place = f"http://localhost:{server.port}/x"
    body, _ = web(Password()).open(place, home=server.uri)
    body.close()
    assert [login for _, login, _ in server.asked] == [None]
