from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from cajajejo.config.job import EvaluationJobConfig, ModelConfig, WeightsSource
from cajajejo.config.kubernetes import StorageConfig
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
