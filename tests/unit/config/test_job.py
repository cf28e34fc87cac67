from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from cajajejo.config.job import EvaluationJobConfig, ModelConfig, WeightsSource
from cajajejo.config.kubernetes import StorageConfig
from cajajejo.config.load import load_job_config
from cajajejo.errors import ConfigError
from unit.config.good_files import JOB


def test_models_also_take_plain_values():
    job = EvaluationJobConfig.parse_obj(yaml.safe_load(JOB))
    again = EvaluationJobConfig.parse_obj(job.dict(by_alias=True))
    assert again == job
    assert EvaluationJobConfig.parse_obj(yaml.safe_load(yaml.safe_dump(job.dict(by_alias=True)))) == job


def test_models_are_frozen():
    job = EvaluationJobConfig.parse_obj(yaml.safe_load(JOB))
    with pytest.raises(TypeError):
        job.version = "v5"


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({"gs_uri": "gs://bucket/model", "path": None}, WeightsSource.GS_URI),
        ({"path": "/models/tiny"}, WeightsSource.PATH),
        ({"builtin": "tiny"}, WeightsSource.BUILTIN),
        ({"mlflow_model": {"uri": "models:/name/3"}}, WeightsSource.MLFLOW_MODEL),
        ({"hf_model": {"repository": "org/name"}}, WeightsSource.HF_MODEL),
    ],
)
def test_source(values, source):
    assert ModelConfig.parse_obj(values).source is source


@pytest.mark.parametrize("values", [{}, {"path": "a", "builtin": "tiny"}, {"path": "gs://b/c"}, {"path": ""}])
def test_no_or_two_sources(values):
    with pytest.raises(ValidationError):
        ModelConfig.parse_obj(values)


def test_defaults_are_the_seeds():
    kubernetes = EvaluationJobConfig.parse_obj(yaml.safe_load(JOB)).kubernetes_config
    seeds = {
        "namespace": "default",
        "service_account": "kubernetes",
        "backoff_limit": 3,
        "ttl_seconds_after_finished": 1800,
        "active_deadline_seconds": None,
        "name_prefix": "eval-neurips",
        "storage": {
            "size": "50Gi",
            "class": "ssd",
            "create_class": True,
            "provisioner": "pd.csi.storage.gke.io",
            "disk_type": "pd-balanced",
        },
    }
    assert {key: kubernetes.dict(by_alias=True)[key] for key in seeds} == seeds
    assert StorageConfig.parse_obj({"class": "fast"}).storage_class == "fast"


def with_model(lines: str) -> str:
    """The good file with another model."""
    before, _, rest = JOB.partition("model_config:\n")
    inner = rest.splitlines(keepends=True)
    after = next(number for number, line in enumerate(inner) if not line.startswith(" "))
    return f"{before}model_config:\n{lines}{''.join(inner[after:])}"


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        ("  mlflow_model: models:/my llama/3\n", None),
        ("  mlflow_model: {uri: models:/llama/3, model_directory: model, tokenizer_hf_repo: o/t}\n", None),
        ("  mlflow_model: models:/llama@best\n", "an alias moves"),
        ("  hf_model: {repository: org/llama, revision: refs/pr/1}\n", None),
        ("  hf_model: org/llama\n", "without a revision"),
    ],
)
def test_sources_are_read_with_a_warning_where_they_move(lines, warning, written):
    loaded = load_job_config(written(with_model(lines)))
    assert loaded.value.model_config.source.is_fetched
    warnings = [problem.message for problem in loaded.warnings if problem.key.startswith("model_config")]
    assert [warning] == [text[: len(warning)] for text in warnings] if warning else not warnings


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("  mlflow_model: llama/3\n", '"llama/3" is not the URI of a registered model'),
        ("  mlflow_model: models://llama/3\n", 'did you mean "models:/llama/3"'),
        ("  mlflow_model: models:/llama\n", "names neither version nor alias"),
        ("  mlflow_model: models:/llama/latest\n", "names neither version nor alias"),
        ("  mlflow_model: models:/llama@v1\n", '"v1" is not an alias'),
        ("  mlflow_model: models:/@best\n", '"" is not the name of a registered model'),
        ("  mlflow_model: {uri: models:/a/1, tokenizer_directory: t, tokenizer_hf_repo: o/t}\n", "exclude each other"),
        ("  hf_model: org/a/b\n", "is not a repository of the Hugging Face hub"),
        ("  hf_model: {repository: a/b, revision: 'a b'}\n", '"a b" is not a revision'),
        ("  gs_uri: gs://a-b/c\n  hf_model: a/b\n", "gs_uri and hf_model exclude each other"),
    ],
)
def test_sources_that_are_refused(lines, words, written):
    with pytest.raises(ConfigError) as caught:
        load_job_config(written(with_model(lines)))
    assert any(words in problem.headline() for problem in caught.value.problems)
