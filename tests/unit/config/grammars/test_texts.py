from __future__ import annotations

import pytest

from cajajejo.config.grammars import texts as values
from cajajejo.config.grammars.texts import tag_key_fault, tag_value_fault

GOOD = [
    (values.LABEL_VALUE, "nvidia-tesla-t4"),
    (values.NAMESPACE, "team-a"),
    (values.OBJECT_NAME, "a.b-c"),
    (values.DISK_TYPE, "pd-balanced"),
    (values.PATH_COMPONENT, "v1.2_x-y"),
    (values.RUN_ID, "0" * 32),
    (values.RELATIVE_PATH, "a/b..c/d"),
    (values.FOLDER, "~/models"),
    (values.HUB_REPOSITORY, "EleutherAI/pythia-70m"),
    (values.HUB_REPOSITORY, "gpt2"),
    (values.DEVICE_MAP, "cuda:0"),
    (values.NOTE, ""),
    (values.NOTE, "two\nlines"),
]
BAD = [
    (values.LABEL_VALUE, "a" * 64),
    (values.LABEL_VALUE, "-a"),
    (values.LABEL_VALUE, ""),
    (values.NAMESPACE, "a.b"),
    (values.NAMESPACE, "A"),
    (values.OBJECT_NAME, "a..b"),
    (values.OBJECT_NAME, "a" * 254),
    (values.DISK_TYPE, "pd_ssd"),
    (values.PATH_COMPONENT, ".."),
    (values.PATH_COMPONENT, "-x"),
    (values.PATH_COMPONENT, "a\n"),
    (values.RUN_ID, "0" * 31),
    (values.RELATIVE_PATH, "../a"),
    (values.RELATIVE_PATH, "a/../b"),
    (values.RELATIVE_PATH, "/a"),
    (values.RELATIVE_PATH, "~/a"),
    (values.RELATIVE_PATH, ""),
    (values.FOLDER, "gs://a/b"),
    (values.FOLDER, " "),
    (values.HUB_REPOSITORY, "a/b/c"),
    (values.HUB_REPOSITORY, "a--b"),
    (values.HUB_REPOSITORY, ".a/b"),
    (values.HUB_REPOSITORY, "a/b.git"),
    (values.HUB_REPOSITORY, "a" * 97),
    (values.HUB_REPOSITORY, ""),
    (values.DEVICE_MAP, "cuda:"),
    (values.DEVICE_MAP, "gpu"),
    (values.EXPERIMENT_NAME, " "),
    (values.EXPERIMENT_NAME, "a" * 501),
    (values.RUN_NAME, "a\nb"),
]


@pytest.mark.parametrize(("grammar", "text"), GOOD)
def test_good(grammar, text):
    assert list(grammar.findings(text)) == []


@pytest.mark.parametrize(("grammar", "text"), BAD)
def test_bad(grammar, text):
    (finding,) = grammar.findings(text)
    assert finding.allowed


KEYS = ["a", "a b", "a/b", "a.b:c-d_e", "é", "", "a#b", "a//b", "/a", "a/", "../a", "a/../b", "./a", ".", "..", "..a",
        "a\n", "x" * 250, "x" * 251]  # fmt: skip


@pytest.mark.mlflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", KEYS)
def test_tag_keys_are_those_that_mlflow_takes(key):
    validation = pytest.importorskip("mlflow.utils.validation")
    exceptions = pytest.importorskip("mlflow.exceptions")
    try:
        validation._validate_tag(key, "x")
    except exceptions.MlflowException:
        taken = False
    else:
        # MLflow's stores refuse an empty key and a line end only later.
        taken = key not in ("", "a\n")
    assert (tag_key_fault(key) is None) == taken


@pytest.mark.parametrize("key", ["mlflow.x", "cajajejo.x", "job_name", "config_git_sha", "model_gs_uri", "helm_args"])
def test_reserved_tag_keys(key):
    finding = tag_key_fault(key)
    assert finding is not None
    assert finding.at_key


def test_tag_value_that_mlflow_would_cut():
    assert tag_value_fault("x" * 8000) is None
    assert tag_value_fault("x" * 8001) is not None
    assert tag_value_fault(["x" * 4000, "y" * 4000]) is not None
