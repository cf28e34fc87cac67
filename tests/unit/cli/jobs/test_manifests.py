"""`cajajejo jobs evaluation parse-job`."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cajajejo.manifests.spec_file import read_spec

Cli = Callable[..., tuple[int, str, str]]
COMMAND = ("jobs", "evaluation", "parse-job")


def test_documents_are_written_and_the_next_command_told(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    out = tmp_path / "my job.yml"
    code, stdout, stderr = cli(*COMMAND, config, entries, out)
    assert (code, stdout) == (0, "")
    spec = read_spec(out)
    assert stderr == (
        f"'{out}': {spec.name} in the namespace default\n"
        f"Next: cajajejo jobs evaluation submit-job --job-spec-path '{out}' "
        '--config-version "$(git rev-parse HEAD)"\n'
    )
    assert spec.config_version == "unversioned"


def test_a_version_is_recorded(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    out = tmp_path / "job.yml.out"
    code, _, stderr = cli(*COMMAND, config, entries, out, "--config-version", "10abfb1")
    assert code == 0
    assert read_spec(out).config_version == "10abfb1"
    assert stderr.endswith(f"--job-spec-path {out} --config-version 10abfb1\n")


def test_another_namespace_changes_nothing_else(cli: Cli, config: Path, entries: Path) -> None:
    _, usual, _ = cli(*COMMAND, config, entries, "-")
    code, stdout, _ = cli(*COMMAND, config, entries, "-", "--namespace", "evals")
    assert code == 0
    assert stdout == usual.replace('namespace: "default"', 'namespace: "evals"')
    assert stdout.count('namespace: "evals"') == 2


@pytest.mark.parametrize("namespace", ["", "Evals", "a b", "-x", "a\n"])
def test_what_cannot_be_a_namespace(cli: Cli, config: Path, entries: Path, tmp_path: Path, namespace: str) -> None:
    code, _, stderr = cli(*COMMAND, config, entries, tmp_path / "out.yml", f"--namespace={namespace}")
    assert code == 2
    assert "--namespace" in stderr
    assert not (tmp_path / "out.yml").exists()


def test_stdout_gets_the_same_bytes(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yml"
    code, stdout, stderr = cli(*COMMAND, config, entries, "-")
    assert (code, stderr) == (0, "")
    assert [document["kind"] for document in yaml.safe_load_all(stdout)] == ["Job", "ConfigMap", "StorageClass"]
    cli(*COMMAND, config, entries, out)
    assert out.read_bytes() == stdout.encode()


def test_what_was_written_as_data(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yml"
    code, stdout, stderr = cli(*COMMAND, config, entries, out, "--json")
    spec = read_spec(out)
    assert (code, stderr) == (0, "")
    assert json.loads(stdout) == {
        "ok": True,
        "path": str(out),
        "name": spec.name,
        "namespace": "default",
        "content_hash": spec.content_hash,
        "config_version": "unversioned",
        "warnings": [],
    }


def test_data_and_documents_do_not_share_stdout(cli: Cli, config: Path, entries: Path) -> None:
    code, stdout, stderr = cli(*COMMAND, config, entries, "-", "--json")
    assert (code, stdout) == (2, "")
    assert "--json" in stderr


def test_problems_leave_no_file(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "kubernetes_config: {namespace: My_Space}\n")
    out = tmp_path / "out.yml"
    code, stdout, stderr = cli(*COMMAND, config, entries, out)
    assert (code, stdout) == (2, "")
    assert '"My_Space" is not a namespace' in stderr
    assert not out.exists()


def test_warnings_are_told(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().replace('image_tag: "0.1.0"', "image_tag: latest"))
    code, _, stderr = cli(*COMMAND, config, entries, tmp_path / "out.yml")
    assert code == 0
    assert "warning: image_tag: the tag latest moves" in stderr


def test_a_config_is_never_overwritten(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    before = config.read_bytes()
    (tmp_path / "link.yml").symlink_to(config)
    for out in (config, tmp_path / "link.yml"):
        code, _, stderr = cli(*COMMAND, config, entries, out)
        assert code == 2
        assert "writing there would destroy it" in stderr
    assert config.read_bytes() == before


def test_a_folder_is_no_file(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    code, _, stderr = cli(*COMMAND, config, entries, tmp_path)
    assert code == 2
    assert f"{tmp_path} is a folder" in stderr


def test_a_folder_that_cannot_be_made(cli: Cli, config: Path, entries: Path) -> None:
    code, _, stderr = cli(*COMMAND, config, entries, config / "out.yml")
    assert code == 3
    assert "cannot write" in stderr


def test_a_link_stays_a_link(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "target.yml", tmp_path / "link.yml"
    target.write_text("old")
    link.symlink_to(target)
    assert cli(*COMMAND, config, entries, link)[0] == 0
    assert link.is_symlink()
    assert read_spec(target)


def test_a_device_is_written_to_and_not_replaced(cli: Cli, config: Path, entries: Path) -> None:
    assert cli(*COMMAND, config, entries, os.devnull)[0] == 0
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
def test_a_full_disk_is_no_defect(cli: Cli, config: Path, entries: Path) -> None:
    code, _, stderr = cli(*COMMAND, config, entries, "/dev/full")
    assert code == 3
    assert "cannot write to /dev/full: No space left on device" in stderr


def test_large_configs_need_server_side_apply(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "#" * 300_000 + "\n")
    code, _, stderr = cli(*COMMAND, config, entries, tmp_path / "out.yml")
    assert code == 0
    assert "kubectl apply --server-side -f" in stderr


@pytest.mark.parametrize("name", ["job.yml", "entries.conf"])
def test_the_path_in_the_repository_is_recorded(
    cli: Cli, config: Path, entries: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / ".git").mkdir()
    out = tmp_path / "out.yml"
    cli(*COMMAND, config, entries, out)
    variables = read_spec(out).job["spec"]["template"]["spec"]["containers"][0]["env"]
    assert name in [variable.get("value") for variable in variables]
