"""Kubeconfigs as users have them, broken ones too: what each comes to."""

import logging
import os
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from api_server import Reply, serving
from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, captured_complaints, connect
from cajajejo.errors import BadInputError, CajajejoError, UnauthorizedError
from kubeconfigs import Json, cluster, kubeconfig, opened, user


def plugin(folder: Path, script: str, **fields: object) -> list[Json]:
    path = folder / "plugin.py"
    path.write_text(textwrap.dedent(script))
    return user(
        exec={
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(path)],
            **fields,
        }
    )


ANSWERS = """
    import json, pathlib, sys
    count = pathlib.Path(__file__).with_name("count")
    number = int(count.read_text()) + 1 if count.exists() else 1
    count.write_text(str(number))
    status = {"token": f"token-{number}", "expirationTimestamp": EXPIRES}
    print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}))
"""


def test_the_current_context_says_server_login_and_namespace(tmp_path: Path) -> None:
    connection = opened(kubeconfig(tmp_path / "k"))
    assert (connection.server, connection.namespace, connection.context) == ("http://127.0.0.1:9", "team", "a")
    assert connection.headers() == {"authorization": "Bearer t0ken"}


def test_another_context_and_namespace_can_be_chosen(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k")
    assert opened(path, context="production").namespace == "default"
    assert opened(path, context="production").headers() == {}
    assert opened(path, namespace="mine").namespace == "mine"


@pytest.mark.parametrize(
    ("chosen", "namespace", "shown"),
    [
        ({}, "{usual}", ""),
        ({}, "there", " --namespace there"),
        ({"context": "production"}, "default", " --context production"),
        ({"namespace": "there"}, "there", " --namespace there"),
    ],
)
def test_a_printed_command_names_what_it_needs_to_mean_the_same_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str], namespace: str, shown: str
) -> None:
    path = kubeconfig(tmp_path / "k")
    monkeypatch.setenv("KUBECONFIG", str(path))
    unnamed = connect(ClusterOptions(**chosen))
    namespace = namespace.format(usual=unnamed.usual_namespace)
    assert unnamed.options_for(namespace) == shown
    named = opened(path, **chosen)
    assert named.options_for(namespace) == f"{shown} --kubeconfig {path}"


def test_several_files_are_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kubeconfig(tmp_path / "1", clusters=[], users=[])
    second = kubeconfig(tmp_path / "2", contexts=[], **{"current-context": "a"})
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(first), str(tmp_path / "absent"), str(second)]))
    connection = connect(ClusterOptions())
    assert connection.server == "http://127.0.0.1:9"
    assert connection.headers() == {"authorization": "Bearer t0ken"}


def test_the_usual_place_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube" / "config")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert connect(ClusterOptions()).context == "a"


def test_without_any_login_the_user_is_told_where_it_was_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadInputError, match="no cluster is configured") as caught:
        connect(ClusterOptions())
    assert "--kubeconfig" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("changes", "message", "remedy"),
    [
        ({"current-context": ""}, "no current context", "one of: a, production"),
        ({"current-context": "gone"}, "no context gone", "one of: a, production"),
        ({"current-context": "prodution"}, "no context prodution", "did you mean production"),
        ({"clusters": []}, "names cluster c, which is not there", "kubectl config view"),
        ({"users": None}, "names user u, which is not there", "kubectl config view"),
        ({"clusters": cluster()}, "has no address", "kubectl config view"),
        ({"clusters": cluster(server="example.com")}, "which is no URL", "kubectl config view"),
        ({"contexts": "text"}, "Expected key name", "kubectl config view"),
        ({"contexts": [1]}, "is not a kubeconfig", "kubectl config view"),
        ({"contexts": [{"name": "a", "context": None}]}, "names cluster None", "kubectl config view"),
        (
            {"clusters": cluster(server="https://127.0.0.1:9", **{"certificate-authority": "/absent.pem"})},
            "/absent.pem",
            "kubectl config view",
        ),
        (
            {"clusters": cluster(server="https://127.0.0.1:9", **{"certificate-authority-data": "!"})},
            "certificate",
            "log in",
        ),
        (
            {"clusters": cluster(server="https://127.0.0.1:9", **{"certificate-authority-data": "Z2FyYmFnZQ=="})},
            "certificate",
            "log in",
        ),
        ({"users": user(tokenFile="/absent/token")}, "/absent/token cannot be read", "kubectl config view"),
        (
            {"users": user(**{"client-certificate": "/absent.pem"}), "clusters": cluster(server="https://127.0.0.1:9")},
            "/absent.pem",
            "kubectl",
        ),
    ],
)
def test_what_is_wrong_is_said_once(tmp_path: Path, changes: dict[str, object], message: str, remedy: str) -> None:
    path = kubeconfig(tmp_path / "k", **changes)
    with pytest.raises(BadInputError, match=message) as caught:
        opened(path)
    assert str(tmp_path / "k") in str(caught.value) or "absent" in str(caught.value)
    assert remedy in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("a: [", "k:1: not valid YAML"),
        ("[1, 2]", "not a kubeconfig"),
        ("just words", "not a kubeconfig"),
        ("\x00", "not valid YAML"),
        ("{}", "no current context"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_called_so(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "k"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        opened(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_bytes(b"\xff\xfe\x00k")
    with pytest.raises(BadInputError):
        opened(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInputError, match="there is no kubeconfig at"):
        opened(tmp_path / "absent")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    with pytest.raises(BadInputError, match="which KUBECONFIG names"):
        connect(ClusterOptions())


def test_a_login_command_gives_the_token_and_is_asked_again_when_it_runs_out(tmp_path: Path) -> None:
    expired = ANSWERS.replace("EXPIRES", '"2001-01-01T00:00:00Z"')
    connection = opened(kubeconfig(tmp_path / "k", users=plugin(tmp_path, expired)))
    assert connection.headers() == {"authorization": "Bearer token-2"}
    assert connection.headers() == {"authorization": "Bearer token-3"}


def test_a_token_that_lasts_is_kept(tmp_path: Path) -> None:
    lasting = ANSWERS.replace("EXPIRES", '"2101-01-01T00:00:00Z"')
    connection = opened(kubeconfig(tmp_path / "k", users=plugin(tmp_path, lasting)))
    assert [connection.headers() for _ in range(3)] == [{"authorization": "Bearer token-1"}] * 3


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit('please log in first')", "please log in first"),
        ("print('no json')", "failed to decode"),
        ("print('{}')", "malformed"),
    ],
)
def test_a_login_command_that_fails_is_told_with_its_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], script: str, message: str
) -> None:
    with pytest.raises(UnauthorizedError, match=message) as caught:
        opened(kubeconfig(tmp_path / "k", users=plugin(tmp_path, script)))
    assert "log in" in (caught.value.remedy or "")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"command": "absent-plugin", "installHint": "get it\n from there"}, "get it from there"),
        ({"command": "gke-gcloud-auth-plugin-absent"}, "gcloud components install"),
    ],
)
def test_a_login_command_that_is_not_installed_is_named(tmp_path: Path, fields: dict[str, str], remedy: str) -> None:
    with pytest.raises(UnauthorizedError, match=f"{fields['command']} is not installed") as caught:
        opened(kubeconfig(tmp_path / "k", users=plugin(tmp_path, "", **fields)))
    assert remedy in (caught.value.remedy or "")


def test_a_login_that_cannot_be_renewed_is_told(tmp_path: Path) -> None:
    expired = ANSWERS.replace("EXPIRES", '"2001-01-01T00:00:00Z"')
    connection = opened(kubeconfig(tmp_path / "k", users=plugin(tmp_path, expired)))
    (tmp_path / "plugin.py").write_text("import sys; sys.exit('session expired')")
    with pytest.raises(UnauthorizedError, match="session expired"):
        connection.headers()


def test_the_logs_of_others_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    before = list(logging.getLogger().handlers)
    with captured_complaints() as complaints:
        logging.getLogger("somebody").error("else")
    assert complaints == []
    assert caplog.messages == ["else"]
    assert logging.getLogger().handlers == before


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    done = subprocess.run([*command.split(), "-keyout", "-", "-out", "-"], capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path


def asked(path: Path) -> Json:
    api = Api(opened(path), sleep=lambda _: None)
    try:
        return api.get("/x")
    finally:
        api.close()


def test_a_certificate_is_checked_unless_the_kubeconfig_says_otherwise(
    tmp_path: Path, certificate: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(Reply(body={"ok": True}), tls=context) as server:
        address = server.address.replace("http:", "https:")

        def way(**fields: object) -> Path:
            return kubeconfig(tmp_path / "k", clusters=cluster(server=address, **fields))

        assert asked(way(**{"certificate-authority": str(certificate)})) == {"ok": True}
        assert asked(way(**{"insecure-skip-tls-verify": True})) == {"ok": True}
        with pytest.raises(CajajejoError, match="certificate is not accepted") as caught:
            asked(way())
        assert "another cluster" in (caught.value.remedy or "")
        # The address of the test's own machine, called by a name that the certificate lacks.
        other = kubeconfig(
            tmp_path / "k",
            clusters=cluster(
                server=address.replace("127.0.0.1", "localhost"), **{"certificate-authority": str(certificate)}
            ),
        )
        with pytest.raises(CajajejoError, match="certificate is not accepted"):
            asked(other)
    assert capfd.readouterr().err == ""


def test_the_name_of_the_certificate_can_be_another(tmp_path: Path, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fields = {"certificate-authority": str(certificate), "tls-server-name": "127.0.0.1"}
    with serving(Reply(body={"ok": True}), tls=context) as server:
        address = server.address.replace("http://127.0.0.1", "https://localhost")
        assert asked(kubeconfig(tmp_path / "k", clusters=cluster(server=address, **fields))) == {"ok": True}


@pytest.mark.parametrize("how", ["kubeconfig", "environment"])
def test_a_proxy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with serving(Reply(body={"ok": True})) as proxy:
        fields = {"proxy-url": proxy.address} if how == "kubeconfig" else {}
        if how == "environment":
            monkeypatch.setenv("HTTP_PROXY", proxy.address)
        path = kubeconfig(tmp_path / "k", clusters=cluster(server="http://kubernetes.invalid", **fields))
        assert asked(path) == {"ok": True}
        assert proxy.seen[0].headers["Host"] == "kubernetes.invalid"


def test_an_address_that_the_environment_excepts_is_asked_without_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(Reply(body={"ok": True})) as server:
        assert asked(kubeconfig(tmp_path / "k", clusters=cluster(server=server.address))) == {"ok": True}


def test_plain_http_behind_an_https_address_is_told(tmp_path: Path) -> None:
    with serving(Reply()) as server:
        path = kubeconfig(tmp_path / "k", clusters=cluster(server=server.address.replace("http:", "https:")))
        with pytest.raises(CajajejoError, match="does not speak TLS"):
            asked(path)


def test_no_key_stays_on_the_disk(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import base64
    import tempfile

    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    data = base64.b64encode(certificate.read_bytes()).decode()
    fields = {"client-certificate-data": data, "client-key-data": data}
    clusters = cluster(server="https://127.0.0.1:9", **{"certificate-authority-data": data})
    opened(kubeconfig(tmp_path / "k", users=user(**fields), clusters=clusters))
    assert list(folder.iterdir()) == []


def test_only_what_is_used_of_the_official_client_is_imported(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "k")
    code = f"""
        import sys
        from pathlib import Path
        from cajajejo.cluster.client.connection import ClusterOptions, connect
        connect(ClusterOptions(kubeconfig=Path({str(path)!r})))
        print([name for name in sys.modules if name.startswith("kubernetes")])
        import kubernetes.client
        print(kubernetes.client.V1Job.__name__, kubernetes.config.load_kube_config.__name__)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "V1Job load_kube_config"]
