"""The job config's model, found on a scratch disk."""

import shutil
from pathlib import Path

import pytest

from cajajejo.config import EvaluationJobConfig, Loaded, load_job_config
from cajajejo.errors import ConfigError, ModelError
from cajajejo.evaluation.model import prepare_endpoint
from cajajejo.store.layout import RunFolder
from cajajejo.testing import write_job_config
from cajajejo.weights.tiny import make_tiny_model

RUN = "a" * 32


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "tiny")


def job(tmp_path: Path, model: str) -> Loaded[EvaluationJobConfig]:
    return load_job_config(write_job_config(tmp_path / "job.yml", model=model))


@pytest.mark.parametrize(
    ("model", "folder", "name"),
    [
        ("{gs_uri: gs://bucket/some/llama}", "llama", "huggingface/llama"),
        (f"{{mlflow_artifact: {{run_id: {RUN}, artifact_path: model, model_directory: data/m}}}}", "model/data/m", "m"),
        (f"{{mlflow_artifact: {{run_id: {RUN}, artifact_path: a/b}}}}", "a/b", "huggingface/b"),
    ],
)
def test_fetched_weights_are_where_the_seed_puts_them(
    tmp_path: Path, tiny: Path, model: str, folder: str, name: str
) -> None:
    scratch = tmp_path / "scratch"
    shutil.copytree(tiny, scratch / folder)
    endpoint = prepare_endpoint(job(tmp_path, model), RunFolder(tmp_path / "run"), weights_folder=scratch)
    assert endpoint.path == str(scratch / folder)
    assert endpoint.names[0].endswith(name)
    assert endpoint.tokenizer_path is None
    assert not (tmp_path / "run").exists()


def test_a_tokenizer_of_its_own_decides_too(tmp_path: Path, tiny: Path) -> None:
    text = f"{{mlflow_artifact: {{run_id: {RUN}, artifact_path: m, model_directory: w, tokenizer_directory: t}}}}"
    scratch, folder = tmp_path / "scratch", RunFolder(tmp_path / "run")
    for part in "wt":
        shutil.copytree(tiny, scratch / "m" / part)
    for path in (scratch / "m/w").glob("token*"):
        path.unlink()
    before = prepare_endpoint(job(tmp_path, text), folder, weights_folder=scratch)
    assert before.tokenizer_path == str(scratch / "m/t")
    (scratch / "m/t/extra.json").write_text("{}")
    assert prepare_endpoint(job(tmp_path, text), folder, weights_folder=scratch).fingerprint != before.fingerprint


def test_weights_that_were_not_fetched_are_a_config_error_with_the_command(tmp_path: Path) -> None:
    asked = job(tmp_path, "{gs_uri: gs://bucket/llama}")
    with pytest.raises(ConfigError, match=r"are not at .*/scratch/llama") as caught:
        prepare_endpoint(asked, RunFolder(tmp_path / "run"), weights_folder=tmp_path / "scratch")
    assert "pull-weights" in str(caught.value.problems[0].render())


def test_an_artifact_without_the_named_folder_is_a_model_error(tmp_path: Path, tiny: Path) -> None:
    shutil.copytree(tiny, tmp_path / "scratch/m/w")
    asked = job(tmp_path, f"{{mlflow_artifact: {{run_id: {RUN}, artifact_path: m, model_directory: other}}}}")
    with pytest.raises(ModelError, match="other"):
        prepare_endpoint(asked, RunFolder(tmp_path / "run"), weights_folder=tmp_path / "scratch")


def hub_tokenizer(tmp_path: Path, tiny: Path) -> Loaded[EvaluationJobConfig]:
    shutil.copytree(tiny, tmp_path / "scratch/m")
    for path in (tmp_path / "scratch/m").glob("token*"):
        path.unlink()
    return job(tmp_path, f"{{mlflow_artifact: {{run_id: {RUN}, artifact_path: m, tokenizer_hf_repo: a/b}}}}")


def test_a_tokenizer_of_the_hub_lies_beside_the_weights(tmp_path: Path, tiny: Path) -> None:
    asked, scratch = hub_tokenizer(tmp_path, tiny), tmp_path / "scratch"
    shutil.copytree(tiny, scratch / "tokenizer/a--b")
    endpoint = prepare_endpoint(asked, RunFolder(tmp_path / "run"), weights_folder=scratch)
    assert endpoint.path == str(scratch / "m")
    assert endpoint.tokenizer_path == str(scratch / "tokenizer/a--b")


def test_a_tokenizer_of_the_hub_that_was_not_fetched_is_a_config_error(tmp_path: Path, tiny: Path) -> None:
    asked = hub_tokenizer(tmp_path, tiny)
    with pytest.raises(ConfigError, match=r"the tokenizer a/b is not at .*/scratch/tokenizer/a--b") as caught:
        prepare_endpoint(asked, RunFolder(tmp_path / "run"), weights_folder=tmp_path / "scratch")
    assert "tokenizer_hf_repo" in str(caught.value)
    assert "pull-weights" in str(caught.value.problems[0].render())


def test_a_builtin_model_is_made_on_the_scratch_disk_and_is_the_same(tmp_path: Path) -> None:
    asked, folder = job(tmp_path, "{builtin: tiny}"), RunFolder(tmp_path / "run")
    on_scratch = prepare_endpoint(asked, folder, weights_folder=tmp_path / "scratch")
    assert on_scratch.path == str(tmp_path / "scratch/builtin/tiny")
    assert not (tmp_path / "run").exists()
    in_folder = prepare_endpoint(asked, folder)
    assert in_folder.fingerprint == on_scratch.fingerprint
    assert in_folder.names == on_scratch.names
