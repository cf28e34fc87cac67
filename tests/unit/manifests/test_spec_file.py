"""Files of documents: those that parse-job wrote, and what people make of them."""
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cajajejo.errors import BadInputError, ConfigError
from cajajejo.manifests.spec_file import read_spec

Edited = Callable[[str], list[str]]


@pytest.fixture
def text(spec) -> str:
    return spec.to_yaml()


@pytest.fixture
def problems(tmp_path: Path) -> Edited:
    """Reads a text that is not in order; returns the headlines without the file's name."""

    def read(text: str) -> list[str]:
        path = tmp_path / "job.k8s.yml"
        path.write_bytes(text.encode())
        with pytest.raises(ConfigError) as caught:
            read_spec(path)
        return [problem.headline().removeprefix(f"{path}:") for problem in caught.value.problems]

    return read


def edit(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_what_was_written_is_read(tmp_path, spec):
    path = tmp_path / "job.yml"
    for one in (spec, spec.as_attempt(2), spec.with_version("other")):
        path.write_text(one.to_yaml(), encoding="utf-8")
        assert read_spec(path) == one


def test_without_a_storage_class(tmp_path, rendered):
    spec = rendered("kubernetes_config: {storage: {create_class: false}}\n")
    path = tmp_path / "job.yml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    assert read_spec(path) == spec


def test_from_stdin(spec, text):
    assert read_spec(Path("-"), read_stdin=text.encode) == spec
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_spec(Path("-"), read_stdin=lambda: b"\xff\xfe")
    with pytest.raises(ConfigError, match="the file has no Kubernetes document"):
        read_spec(Path("-"), read_stdin=lambda: b"")


def test_what_belongs_to_the_cluster_may_be_edited(tmp_path, text, spec):
    path = tmp_path / "job.yml"
    path.write_text(
        edit(edit(text, 'memory: "16Gi"', 'memory: "32Gi"'), "backoffLimit: 3", "backoffLimit: 9  # more"),
        encoding="utf-8",
    )
    edited = read_spec(path)
    assert edited.name == spec.name
    assert edited.job["spec"]["backoffLimit"] == 9


def test_the_order_of_documents_does_not_matter(tmp_path, text, spec):
    job, config_map, storage_class = text.split("---\n")
    path = tmp_path / "job.yml"
    path.write_text(f"---\n{storage_class}---\n---\n# nothing\n---\n{config_map}\n---\n{job}---\n", encoding="utf-8")
    assert read_spec(path) == spec


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "1:1: the file has no Kubernetes document; a file that cajajejo jobs evaluation parse-job wrote"),
        ("---\n---\n", "1:1: the file has no Kubernetes document; a file that cajajejo jobs evaluation parse-job wrote"),
        (
            "version: v4\n",
            '1:1: kind: "a document without apiVersion and kind" does not belong to a job of cajajejo; a file that cajajejo jobs evaluation parse-job wrote',
        ),
        (
            "apiVersion: v1\nkind: Pod\n",
            '2:7: kind: "v1 Pod" does not belong to a job of cajajejo; a file that cajajejo jobs evaluation parse-job wrote',
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\n",
            "1:1: the file has no Job; a file that cajajejo jobs evaluation parse-job wrote",
        ),
        (
            "apiVersion: batch/v1\nkind: Job\n---\napiVersion: v1\nkind: ConfigMap\n",
            "1:1: metadata.labels: this is not a job of cajajejo; the label app.kubernetes.io/managed-by: cajajejo",
        ),
        ("a: [\n", "2:1: the brackets or braces are not closed"),
        ("- a\n", '1:1: kind: "a document without apiVersion and kind" does not belong to a job of cajajejo; a file that cajajejo jobs evaluation parse-job wrote'),
    ],
)  # fmt: skip
def test_what_is_no_job_of_ours(problems, content, said):
    assert problems(content) == [said]


def test_documents_that_are_doubled(problems, text):
    job, config_map, storage_class = text.split("---\n")
    (said,) = problems("---\n".join([job, config_map, storage_class, job]))
    assert said.endswith("kind: there is a second Job; one job in a file")
    assert problems("---\n".join([job, storage_class])) == [
        "1:1: the file has no ConfigMap; a file that cajajejo jobs evaluation parse-job wrote"
    ]


def test_another_name_in_one_place(problems, text, spec):
    said = problems(edit(text, f'name: "{spec.name}"', 'name: "mine"'))
    assert len(said) == 2
    assert all(f'"{spec.name}" stands where "mine" belongs' in headline for headline in said)
    assert said[0].startswith(f"{line_of(text, 'app.kubernetes.io/instance')}:")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('cajajejo/attempt: "1"', "cajajejo/attempt: 1", "the value of a label is text; put it in quotes"),
        ('cajajejo/attempt: "1"', 'cajajejo/attempt: "2"', '"2" is not the attempt of'),
        ('cajajejo/gpus: "1"', 'cajajejo/gpus: "1 GPU"', '"1 GPU" is not a label value'),
        ("backoffLimit: 3", "backoffLimit: 3\n  backoffLimit: 4", 'the key "backoffLimit" is given twice'),
        ("backoffLimit: 3", "selector: {}", "Kubernetes makes the selector of a Job; remove it"),
        ('namespace: "default"', "namespace: My_Space", '"My_Space" is not a namespace'),
        ('namespace: "default"', "uid: x\n  namespace: default", "uid comes from a cluster"),
        ("- name: eval\n", "- name: other\n", "the container eval is missing"),
        ('- name: "CONFIG_VERSION"', '- name: "X"', "the variable CONFIG_VERSION is missing"),
        ("configs-volume\n        configMap", "other\n        configMap", "the volume configs-volume has no ConfigMap"),
        ("spec:\n", "status: {}\nspec:\n", "status comes from a cluster"),
        ("ttlSecondsAfterFinished: 1800", "ttlSecondsAfterFinished: !x 1", "the tag"),
    ],
)  # fmt: skip
def test_edits_that_do_not_fit(problems, text, old, new, said):
    assert any(said in headline for headline in problems(edit(text, old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  eval_config.yml: |", "  eval_config: |", "the ConfigMap lacks the text eval_config.yml"),
        (
            "    version: v4\n",
            "    version: v5\n",
            "it was changed, or the configs below were; change the config instead",
        ),
        ('namespace: "default"', 'namespace: "other"', '"other" stands where "default" belongs'),
        ("\ndata:\n", '\ndata:\n  more: "x"\n', "the containers know nothing of this key"),
        ("\ndata:\n", "\ndata: 3\nother:\n", "the ConfigMap lacks the text"),
    ],
)
def test_edits_of_the_config_map(problems, text, old, new, said):
    job, config_map, storage_class = text.split("---\n")
    headlines = problems("---\n".join([job, edit(config_map, old, new), storage_class]))
    assert any(said in headline for headline in headlines)
    assert all(int(headline.partition(":")[0]) > job.count("\n") for headline in headlines)


def test_a_reference_to_another_config_map(problems, text, spec):
    name = spec.config_map["metadata"]["name"]
    (said,) = problems(edit(text, f'name: "{name}"', 'name: "eval-configs"'))
    assert f'"eval-configs" stands where "{name}" belongs' in said
    assert said.startswith(f"{line_of(text, name)}:")


def test_a_name_without_room_for_its_pods(problems, text, spec):
    said = problems(text.replace(spec.name, "n" * 60))
    assert any("the name has 60 characters, 55 at most leave room for its pods' names" in line for line in said)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        read_spec(tmp_path / "missing.yml")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_edit_is_read_or_told_about(tmp_path, text, data):
    lines = text.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        odd = data.draw(st.sampled_from(["", "---\n", "a: b\n", "- x\n", "  []\n", line + line, line.replace('"', ""), "\t\n",
                                         line.partition(":")[0] + ": {}\n", line.partition(":")[0] + ": 1\n", "null\n"]))  # fmt: skip
        lines[index] = odd
    path = tmp_path / "edited.yml"
    path.write_text("".join(lines), encoding="utf-8")
    try:
        spec = read_spec(path)
    except ConfigError:
        return
    assert spec.as_attempt(spec.attempt + 1).with_version("x").to_yaml()
