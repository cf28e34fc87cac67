"""An MLflow server, asked over HTTP for what it holds: importing MLflow's own client takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlencode, urlsplit

from cajajejo.redact import without_userinfo
from cajajejo.weights.fetch.patience import Patience, Persistence, persist
from cajajejo.weights.fetch.remote import Body, RemoteFile
from cajajejo.weights.fetch.web.mlflow_login import MlflowLogin, mlflow_tls
from cajajejo.weights.fetch.web.requests import Web

__all__ = ["MlflowServer", "ServedFolder", "is_server", "stored_at"]

_API: Final = "/api/2.0/mlflow"
_LOGIN: Final = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"


def is_server(tracking_uri: str) -> bool:
    """Returns whether a tracking URI names a server, and not a folder or a database."""
    return tracking_uri.lower().startswith(("http://", "https://"))


class MlflowServer:
    """Asks one server, about one source."""

    def __init__(self, tracking_uri: str, source: str, missing: str, patience: Patience | None = None) -> None:
        """Asks nothing yet.

        Args:
            tracking_uri: `http(s)://…`.
            source: The URI of the weights, for messages.
            missing: What to do where the server does not have it.
            patience: How long to keep trying.
        """
        self.address = without_userinfo(tracking_uri).rstrip("/")
        self._patience = patience or Patience()
        remedies = {
            None: "check mlflow_config.tracking_uri, and that the server runs",
            401: _LOGIN,
            403: "give this login the right to read it",
            404: missing,
        }
        self.web = Web(source, remedies, server=self.address, login=MlflowLogin(tracking_uri), tls=mlflow_tls())

    def ask(self, route: str, **query: str) -> Mapping[str, Any]:
        """Returns the answer to a question.

        Args:
            route: Behind `/api/2.0/mlflow`, such as `/runs/get`.
            query: Its parameters.

        Raises:
            WeightsError: The server refuses, cannot be reached, or is none of MLflow.
        """
        url = f"{self.address}{_API}{route}?{urlencode(query)}"
        answer = persist(Persistence(self._patience), lambda: self.web.json(url))
        if not isinstance(answer, dict):
            raise self.web.error(f"{self.address} answers, but not as an MLflow server does")
        return answer


class ServedFolder:
    """A folder of artifacts that the server itself hands out. Implements `Source`.

    In one stream a file: for a part of one the server may fetch all of it from where it keeps artifacts.
    """

    kind = "mlflow"
    splits = False
    question = None
    """Only whoever has found it knows what it was asked for."""
    pinned = None

    def __init__(self, server: MlflowServer, uri: str, route: str, query: Mapping[str, str], path: str) -> None:
        """Names the folder; nothing is asked yet.

        Args:
            server: The server.
            uri: What the folder is called in messages.
            route: Which route hands out files: `get-artifact` or `model-versions/get-artifact`.
            query: What names the run or model version there.
            path: The folder among the artifacts of it; "": all.
        """
        self.uri = uri
        self.key = uri
        self.revision: str | None = None
        self._server = server
        self._route = route
        self._query = query
        self._path = path
        self._list: Callable[[str], Iterator[tuple[str, bool, int | None]]] = self._artifacts_of_run

    def listed_below(self, root: str) -> ServedFolder:
        """Returns it so that files are listed by their place in the server's own store of artifacts."""
        self._list = lambda path: self._artifacts_at(root, path)
        return self

    def files(self) -> list[RemoteFile]:
        """See `Source.files`."""
        return sorted(self._below(self._path), key=lambda file: file.name)

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`. These routes know parts of files, which `mlflow-artifacts/artifacts` does not."""
        path = "/".join(part for part in (self._path, file.name) if part)
        url = f"{self._server.address}/{self._route}?{urlencode({**self._query, 'path': path})}"
        return self._server.web.open(url, start=start, stop=stop, object_uri=f"{self.uri}/{file.name}")[0]

    def _below(self, path: str) -> Iterator[RemoteFile]:
        try:
            found = list(self._list(path))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            words = f"{self._server.address} answers, but not as an MLflow server does"
            raise self._server.web.error(words) from error
        for name, is_folder, size in found:
            if path and not name.startswith(f"{path}/"):
                raise self._server.web.error(f"{name!r} is listed as if it were in {path!r}")
            if is_folder:
                yield from self._below(name)
            else:
                yield RemoteFile(name.removeprefix(f"{self._path}/") if self._path else name, size)

    def _artifacts_of_run(self, path: str) -> Iterator[tuple[str, bool, int | None]]:
        query = {**self._query, **({"path": path} if path else {})}
        while True:
            answer = self._server.ask("/artifacts/list", **query)
            yield from (_item(item) for item in answer.get("files", ()))
            if not answer.get("next_page_token"):
                return
            query["page_token"] = str(answer["next_page_token"])

    def _artifacts_at(self, root: str, path: str) -> Iterator[tuple[str, bool, int | None]]:
        whole = "/".join(part for part in (root, path) if part)
        url = f"{self._server.address}/api/2.0/mlflow-artifacts/artifacts?{urlencode({'path': whole})}"
        answer = persist(Persistence(Patience()), lambda: self._server.web.json(url))
        for item in answer.get("files", ()):
            name, is_folder, size = _item(item)
            yield "/".join(part for part in (path, name) if part), is_folder, size


def _item(item: Mapping[str, Any]) -> tuple[str, bool, int | None]:
    size = item.get("file_size")
    return str(item["path"]), bool(item.get("is_dir")), None if size is None else int(size)


def stored_at(artifact_uri: str) -> str:
    """Returns the path behind `mlflow-artifacts:` or `http(s)://…/mlflow-artifacts/artifacts/`."""
    path = unquote(urlsplit(artifact_uri).path)
    return path.rpartition("/mlflow-artifacts/artifacts/")[2].strip("/")
