"""What the containers see in their environment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.manifests.environment import evaluation_env, literal, unescaped, weights_env
from unit.manifests.test_render import expanded


@given(st.lists(st.sampled_from(["$", "(", ")", "A", "$(A)", "$$", " ", "é"]), max_size=10).map("".join))
def test_kubernetes_replaces_nothing(text):
    assert expanded(literal(text)) == text
    assert unescaped(literal(text)) == text


def test_a_text_that_is_safe_stays_as_it_is():
    assert literal("$HOME costs 5$ or more") == "$HOME costs 5$ or more"


def test_the_seeds_variables_come_first(inputs):
    job = inputs("kubernetes_config: {env: {A: b}}\n").job.value
    names = [
        item["name"] for item in evaluation_env(job, "n", config_path="c", helm_config_path="h", config_version="v")
    ]
    assert names == [
        "CONFIG_PATH_GIT_REPO",
        "HELM_CONFIG_PATH_GIT_REPO",
        "JOB_NAME",
        "CONFIG_VERSION",
        "CAJAJEJO_POD",
        "CAJAJEJO_JOB_UID",
        "CAJAJEJO_FAILURES",
        "CAJAJEJO_DISRUPTIONS",
        "CAJAJEJO_DISRUPTION_BUDGET",
        "HOME",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "HF_HOME",
        "A",
    ]


def test_what_fetches_weights_has_the_users_logins(inputs):
    job = inputs("kubernetes_config: {env: {MLFLOW_TRACKING_TOKEN: {secret: mlflow, key: token}}}\n").job.value
    variables = {item["name"]: item for item in weights_env(job)}
    reference = {"secretKeyRef": {"name": "mlflow", "key": "token"}}
    assert variables["MLFLOW_TRACKING_TOKEN"]["valueFrom"] == reference
    assert variables["MLFLOW_TRACKING_URI"]["value"] == "http://10.164.0.15:5000"


def test_what_fetches_weights_knows_how_often_the_job_was_disrupted(inputs):
    job = inputs("kubernetes_config: {disruption_budget: 2}\n").job.value
    variables = {item["name"]: item for item in weights_env(job)}
    assert variables["CAJAJEJO_DISRUPTION_BUDGET"]["value"] == "2"
    assert {"CAJAJEJO_FAILURES", "CAJAJEJO_DISRUPTIONS"} <= set(variables)
