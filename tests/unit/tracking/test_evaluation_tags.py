from __future__ import annotations

from types import SimpleNamespace

import cajajejo
from cajajejo.tracking.evaluation_tags import seed_tags, user_tags


def config(*, artifact=None, gs_uri=None, accelerator=None):
    return SimpleNamespace(
        image="europe-docker.pkg.dev/p/evaluation",
        image_tag="da958c6a7e",
        compute_config=SimpleNamespace(accelerator=accelerator, cpu="4", memory="16Gi"),
        helm=SimpleNamespace(args=("--max-eval-instances", "10"), suite="v1"),
        model_config=SimpleNamespace(mlflow_artifact=artifact, gs_uri=gs_uri),
    )


NOWHERE = {
    "config_git_sha": None,
    "config_path_git_repo": None,
    "helm_config_path_git_repo": None,
    "job_name": None,
}


def test_the_fourteen_tags_of_a_model_in_mlflow():
    artifact = SimpleNamespace(run_id="3969f731d3f74fd19cfed62a9aa26d69", artifact_path="model")
    tags = seed_tags(
        config(artifact=artifact, accelerator="nvidia-tesla-t4"),
        config_git_sha="10abfb1",
        config_path_git_repo="jobs/evaluation/example.mlflow.job_config.yml",
        helm_config_path_git_repo="jobs/evaluation/app/run_specs.conf",
        job_name="eval-merciful-crocodile",
    )
    assert tags == {
        "config_git_sha": "10abfb1",
        "config_path_git_repo": "jobs/evaluation/example.mlflow.job_config.yml",
        "helm_config_path_git_repo": "jobs/evaluation/app/run_specs.conf",
        "image_build_cajajejo_version": cajajejo.__version__,
        "model_run_id": "3969f731d3f74fd19cfed62a9aa26d69",
        "model_artifact_path": "model",
        "model_gs_uri": "None",
        "accelerator": "nvidia-tesla-t4",
        "cpu": "4",
        "memory": "16Gi",
        "helm_args": "--max-eval-instances 10",
        "image": "europe-docker.pkg.dev/p/evaluation",
        "image_tag": "da958c6a7e",
        "job_name": "eval-merciful-crocodile",
    }


def test_absent_values_are_the_text_none():
    tags = seed_tags(config(gs_uri="gs://b/m"), **NOWHERE)
    absent = {"accelerator", "model_run_id", "model_artifact_path", *NOWHERE}
    assert {name for name, value in tags.items() if value == "None"} == absent
    assert tags["model_gs_uri"] == "gs://b/m"


def test_user_tags_are_texts():
    tags = {"creator": "Jasper", "datasets": ["dolly", "ü"], "n": 2, "yes": True, "deep": {"a": None}, "nil": None}
    assert user_tags(tags) == {
        "creator": "Jasper",
        "datasets": '["dolly","ü"]',
        "n": "2",
        "yes": "true",
        "deep": '{"a":null}',
        "nil": "None",
    }
