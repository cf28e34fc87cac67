from __future__ import annotations

import time
from pathlib import Path

import pytest

from cajajejo.config import (
    EvaluationInput,
    Severity,
    WeightsSource,
    load_evaluation,
    load_job_config,
    load_run_entries,
)
from cajajejo.config.findings import Finding
from cajajejo.config.source import Position
from cajajejo.errors import ConfigError
from unit.config.bad_files import BAD_ENTRIES, BAD_JOBS
from unit.config.good_files import ENTRIES, JOB

CHAIN = "    a: &a0 [x]\n" + "".join(f"    a{i}: &a{i} [[[[[[[[[[*a{i - 1}]]]]]]]]]]\n" for i in range(1, 6))


def headlines(error: ConfigError, path: Path) -> tuple[str, ...]:
    return tuple(problem.headline().removeprefix(f"{path}:") for problem in error.problems)


def changed(base: str, old: str | None, new: str) -> str:
    assert old is None or old in base
    return new if old is None else base.replace(old, new, 1)


def test_seed_example(written):
    loaded = load_job_config(written(JOB))
    job = loaded.value
    assert job.version == "v4"
    assert job.compute_config.cpu == "4"
    assert job.helm.args == (
        "--max-eval-instances",
        "10",
        "--enable-local-huggingface-models",
        "/scratch/model/model",
    )
    assert job.model_config.source is WeightsSource.MLFLOW_ARTIFACT
    assert job.model_config.gs_uri is None
    assert job.tracking_config.description == "This evaluation runs HELM on a base pythia-70m model.\n"
    assert job.tracking_config.tags == {"creator": "Jasper", "datasets": ["dolly", "dataset2"]}
    assert job.kubernetes_config.storage.storage_class == "ssd"
    assert loaded.warnings == ()
    assert loaded.source.data == JOB.encode()


def test_seed_run_entries(written):
    entries = load_run_entries(written(ENTRIES)).value.entries
    assert [entry.description for entry in entries] == [
        "boolq:model=huggingface/model,data_augmentation=canonical",
        "mmlu:model=huggingface/model,subject=anatomy",
    ]
    assert [entry.priority for entry in entries] == [1, 2]
    assert [entry.groups for entry in entries] == [None, ("a", "b")]
    assert [entry.position for entry in entries] == [Position(7, 3), Position(8, 3)]


def test_positions(written):
    loaded = load_job_config(written(JOB))
    assert loaded.position(("helm", "args", 1)) == Position(11, 5)
    assert loaded.position(("tracking_config", "tags", "datasets", 1)) == Position(34, 7)
    assert loaded.position(("kubernetes_config", "namespace")) == Position(1, 1)
    assert loaded.position(("helm", "nothing")) == Position(8, 1)
    problem = loaded.problem(Finding("is odd", loc=("helm", "args", 3)))
    assert problem.headline() == f"{loaded.source.path}:13:5: helm.args[3]: is odd"
    assert problem.source_line == "  - /scratch/model/model"


def test_latest_is_a_warning(written):
    path = written(JOB.replace("da958c6a7e", "latest"))
    (warning,) = load_job_config(path).warnings
    assert warning.severity is Severity.WARNING
    assert warning.headline().startswith(f"{path}:3:12: warning: image_tag: the tag latest moves")


@pytest.mark.parametrize(("old", "new", "expected"), [case[1:] for case in BAD_JOBS], ids=[c[0] for c in BAD_JOBS])
def test_bad_job(written, old, new, expected):
    path = written(changed(JOB, old, new))
    with pytest.raises(ConfigError) as caught:
        load_job_config(path)
    assert headlines(caught.value, path) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"), [case[1:] for case in BAD_ENTRIES], ids=[c[0] for c in BAD_ENTRIES]
)
def test_bad_entries(written, old, new, expected):
    path = written(changed(ENTRIES, old, new))
    with pytest.raises(ConfigError) as caught:
        load_run_entries(path)
    assert headlines(caught.value, path) == expected


def test_enough_bad_files():
    assert len(BAD_JOBS) + len(BAD_ENTRIES) >= 80


def test_all_problems_of_both_files_at_once(tmp_path):
    job, entries = tmp_path / "a.yml", tmp_path / "b.conf"
    job.write_text(JOB.replace("16Gi", "16GB").replace("version: v4", "version: 1.10"))
    entries.write_text("entries: []")
    with pytest.raises(ConfigError) as caught:
        load_evaluation(job, entries)
    problems = caught.value.problems
    assert [(p.path, p.line, p.column) for p in problems] == [(job, 1, 10), (job, 7, 11), (entries, 1, 10)]
    assert problems[1].suggestion == '"16G"'


def test_both_files_missing(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_evaluation(tmp_path / "a.yml", tmp_path / "b.conf")
    assert [problem.path.name for problem in caught.value.problems] == ["a.yml", "b.conf"]


def test_evaluation_has_the_warnings_of_both(tmp_path):
    job, entries = tmp_path / "a.yml", tmp_path / "b.conf"
    job.write_text(JOB.replace("da958c6a7e", "latest"))
    entries.write_text('foo: 1\nentries: [{description: "a"}, {description: "a"}]')
    loaded = load_evaluation(job, entries)
    assert isinstance(loaded, EvaluationInput)
    assert [(w.path.name, w.line, w.column) for w in loaded.warnings] == [
        ("a.yml", 3, 12),
        ("b.conf", 1, 1),
        ("b.conf", 2, 31),
    ]


def test_password_is_nowhere(written):
    text = JOB.replace("http://10.164", "http://me:s3cr3t@10.164").replace("v4", "v4\nodd: http://u:s3cr3t@x", 1)
    for variant in (
        text,
        text.replace("http://me", "me"),
        text + '\nx: "http://u:s3cr3t@h',
        text + "\n\tx: u:s3cr3t@h",
    ):
        with pytest.raises(ConfigError) as caught:
            load_job_config(written(variant))
        told = [str(caught.value), *(p.render() + str(p.to_dict()) + repr(p) for p in caught.value.problems)]
        assert "s3cr3t" not in "".join(told)


def test_plain_numbers_where_nothing_is_lost(written):
    text = JOB.replace("'4'", "0.5").replace("'10'", "10").replace("version: v4", "version: 4")
    job = load_job_config(written(text)).value
    assert (job.compute_config.cpu, job.helm.args[1], job.version) == ("0.5", "10", "4")


def test_free_values(written):
    tags = """\
    a: 1
    b: 1.5
    c: yes
    d: null
    e: 2023-10-27
    f: 12:30:45
    g: {x: [1]}
    h: 2023-10-27 12:30:45
"""
    read = load_job_config(written(JOB.replace("    creator: Jasper\n", tags))).value.tracking_config.tags
    del read["datasets"]
    assert read == {
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": None,
        "e": "2023-10-27",
        "f": "12:30:45",
        "g": {"x": [1]},
        "h": "2023-10-27 12:30:45",
    }


def test_aliases_and_merge_keys(written):
    text = JOB.replace(
        "    creator: Jasper", "    base: &base {a: b, c: d}\n    other: {<<: *base, c: e}\n    third: *base"
    )
    tags = load_job_config(written(text)).value.tracking_config.tags
    assert tags["other"] == {"a": "b", "c": "e"}
    assert tags["third"] == {"a": "b", "c": "d"}


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("    a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"    {chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
        ), "more than 10,000 values"),
        ("    a: " + "[" * 60 + "]" * 60 + "\n", "deeper than 50 levels"),
        ("    a: " + "[" * 5000, "deeper than 50 levels"),
        ("    a: " + "{a: " * 60 + "\n", "deeper than 50 levels"),
        ("    a: &a " + "x" * 200_000 + "\n    b: [" + "*a, " * 9000 + "]\n", "more than 10,000 values"),
        (CHAIN, "deeper than 50 levels"),
        ("    a: [" + "1, " * 20_000 + "]\n", "more than 10,000 values"),
    ],
)  # fmt: skip
def test_bombs_are_refused_quickly(written, tag, message):
    start = time.perf_counter()
    with pytest.raises(ConfigError, match=message):
        load_job_config(written(JOB + tag))
    assert time.perf_counter() - start < 5


def test_many_problems_in_one_long_line_stay_small(written):
    text = JOB + "    x: {" + "no: 1, " * 4000 + "}\n"
    start = time.perf_counter()
    with pytest.raises(ConfigError) as caught:
        load_job_config(written(text))
    assert len(caught.value.problems) >= 4000
    assert max(len(problem.source_line or "") for problem in caught.value.problems) <= 2000
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("content", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~"])
def test_empty_config(written, content):
    with pytest.raises(ConfigError) as caught:
        load_job_config(written(content))
    (problem,) = caught.value.problems
    assert "empty" in problem.message or "nothing" in problem.message
    assert problem.line in (1, 2)


@pytest.mark.parametrize("content", ["[a]", "text", "5"])
def test_config_that_is_no_mapping(written, content):
    path = written(content)
    with pytest.raises(ConfigError) as caught:
        load_job_config(path)
    (headline,) = headlines(caught.value, path)
    assert headline.startswith("1:1: ")
    assert "stands where a mapping is meant; it has the keys version, image" in headline
