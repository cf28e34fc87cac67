"""The part of a config that says how the job runs on the cluster: every refusal word for word."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from cajajejo.config import job_schema, load_job_config
from cajajejo.errors import ConfigError
from unit.config.good_files import JOB

BAD: tuple[tuple[str, str], ...] = (
    (
        "env: {A: {secret: s}}",
        "23:9: kubernetes_config.env.A: which key of the secret is not said; key belongs to secret and config_map",
    ),
    (
        "env: {A: {value: x, key: k}}",
        "23:9: kubernetes_config.env.A: a text has no key; key belongs to secret and config_map",
    ),
    (
        "env: {A: {secret: a, config_map: b, key: k}}",
        "23:9: kubernetes_config.env.A: secret and config_map exclude each other; text, {secret: name, key: key}, or {config_map: name, key: key}",
    ),
    (
        "env: {A: {}}",
        "23:9: kubernetes_config.env.A: there is no value; text, {secret: name, key: key}, or {config_map: name, key: key}",
    ),
    (
        "env: {A: yes}",
        '23:12: kubernetes_config.env.A: YAML reads yes as a truth value, true, not as text; put it in quotes: "yes"',
    ),
    (
        "env: {A: 012}",
        '23:12: kubernetes_config.env.A: YAML reads 012 as a whole number, 10, not as text; put it in quotes: "012"',
    ),
    ("env: {A: }", "23:12: kubernetes_config.env.A: the value is missing; it must be given"),
    (
        "env: {A: [b]}",
        "23:12: kubernetes_config.env.A: a list stands where a mapping is meant; it has the keys value, secret, config_map, key",
    ),
    (
        "env: {1A: x}",
        '23:9: kubernetes_config.env.1A: "1A" is not the name of a variable; letters, digits and _, no digit first',
    ),
    (
        "env: {HF_TOKEN: hf_x}",
        "23:19: kubernetes_config.env.HF_TOKEN.value: HF_TOKEN looks like a secret, and this file is no place for one; put it into a Secret and write HF_TOKEN: {secret: NAME, key: KEY}",
    ),
    (
        'env: {P: "http://u:p@proxy"}',
        "23:12: kubernetes_config.env.P.value: the address holds a user name or password, and this file is no place for one; put it into a Secret and write P: {secret: NAME, key: KEY}",
    ),
    (
        "env: {MLFLOW_TRACKING_URI: x}",
        "23:9: kubernetes_config.env.MLFLOW_TRACKING_URI: the toolkit sets MLFLOW_TRACKING_URI itself; set mlflow_config.tracking_uri",
    ),
    (
        "env: {CAJAJEJO_POD: x}",
        "23:9: kubernetes_config.env.CAJAJEJO_POD: the toolkit sets CAJAJEJO_POD itself; choose another name",
    ),
    (
        'env: {A: "a\\0b"}',
        "23:12: kubernetes_config.env.A.value: the text has a NUL character, which no variable can hold; text of at most 100,000 bytes",
    ),
    (
        'labels: {"a b": c}',
        '23:12: kubernetes_config.labels."a b": "a b" is not the key of a label; at most 63 letters, digits, - _ . with a letter or digit first and last; before it, if anything, a domain and /',
    ),
    (
        'labels: {a: "-b"}',
        '23:15: kubernetes_config.labels.a: "-b" is not a label value; letters, digits, - _ . with a letter or digit first and last, such as nvidia-tesla-t4',
    ),
    (
        "labels: {app.kubernetes.io/name: x}",
        '23:12: kubernetes_config.labels."app.kubernetes.io/name": "app.kubernetes.io/name" is set by the toolkit or by Kubernetes; choose another key',
    ),
    (
        "labels: {kueue.x-k8s.io/queue-name: x}",
        '23:12: kubernetes_config.labels."kueue.x-k8s.io/queue-name": the queue has a key of its own; kubernetes_config.queue',
    ),
    (
        "annotations: {cajajejo/experiment: x}",
        '23:17: kubernetes_config.annotations."cajajejo/experiment": "cajajejo/experiment" is set by the toolkit or by Kubernetes; choose another key',
    ),
    (
        "tolerations: [{key: a, operator: Exists, value: b}]",
        "23:51: kubernetes_config.tolerations[0].value: Exists takes any value; leave value out, or use the operator Equal",
    ),
    (
        "tolerations: [{value: b}]",
        "23:17: kubernetes_config.tolerations[0].operator: a toleration without a key tolerates every taint; operator: Exists",
    ),
    (
        "tolerations: [{key: a, effect: NoSchedule, toleration_seconds: 3}]",
        "23:66: kubernetes_config.tolerations[0].toleration_seconds: toleration_seconds is about NoExecute only; effect: NoExecute",
    ),
    (
        "tolerations: [{key: a, effect: noschedule}]",
        '23:34: kubernetes_config.tolerations[0].effect: "noschedule" is none of the choices; allowed are NoSchedule, PreferNoSchedule, NoExecute; did you mean "NoSchedule"?',
    ),
    (
        "volumes: [{claim: a, mount_path: /scratch/models}]",
        '23:36: kubernetes_config.volumes[0].mount_path: "/scratch/models" and /scratch would hide one another; a path of its own, such as /models',
    ),
    (
        "volumes: [{claim: a, mount_path: /a/b}, {claim: a, mount_path: /a}]",
        '23:66: kubernetes_config.volumes[1].mount_path: "/a" and /a/b would hide one another; a path of its own, such as /models',
    ),
    (
        "volumes: [{claim: a, mount_path: /etc}]",
        '23:36: kubernetes_config.volumes[0].mount_path: "/etc" and /etc/configs would hide one another; a path of its own, such as /models',
    ),
    (
        "volumes: [{claim: a, mount_path: models}]",
        '23:36: kubernetes_config.volumes[0].mount_path: "models" is not absolute; an absolute path such as /models',
    ),
    (
        "volumes: [{claim: a, mount_path: /a/../b}]",
        '23:36: kubernetes_config.volumes[0].mount_path: "/a/../b" has an empty part, . or ..; an absolute path such as /models',
    ),
    (
        'run_store: {claim: runs, folder: "../x"}',
        '23:36: kubernetes_config.run_store.folder: "../x" has an empty part, . or ..; a relative path without ..',
    ),
    (
        "weights_cache: {claim: a, node_folder: /b}",
        "23:3: kubernetes_config.weights_cache: claim and node_folder exclude each other; exactly one of claim, node_folder",
    ),
    (
        "weights_cache: {folder: a}",
        "23:3: kubernetes_config.weights_cache: there is no place for it; exactly one of claim, node_folder",
    ),
    (
        "weights_cache: {node_folder: models}",
        '23:32: kubernetes_config.weights_cache.node_folder: "models" is not absolute; an absolute path such as /models',
    ),
    (
        "volumes: [{claim: a, mount_path: /weights-cache/b}]",
        '23:36: kubernetes_config.volumes[0].mount_path: "/weights-cache/b" and /weights-cache would hide one another; a path of its own, such as /models',
    ),
    (
        "weights_image: ghcr.io/a/b",
        '23:18: kubernetes_config.weights_image: "ghcr.io/a/b" has neither tag nor digest; an image with its tag or digest, such as ghcr.io/project/weights:0.1.0; did you mean "ghcr.io/a/b:0.1.0"?',
    ),
    (
        "image_pull_secrets: [A]",
        '23:24: kubernetes_config.image_pull_secrets[0]: "A" is not the name of a Kubernetes object; lower-case letters, digits, - and ., with a letter or digit first and last',
    ),
    (
        "name_prefix: a-prefix-that-is-too-long-for-a-job",
        '23:16: kubernetes_config.name_prefix: "a-prefix-that-is-too-long-for-a-job" has 35 characters, 24 at most are allowed; lower-case letters, digits and -, with a letter first and no - last, such as eval-neurips',
    ),
    (
        "provider: gpu_operator",
        '23:13: kubernetes_config.provider: "gpu_operator" is none of the choices; allowed are gke, eks, aks, gpu-operator; did you mean "gpu-operator"?',
    ),
    ("run_as_user: 0", "23:16: kubernetes_config.run_as_user: the number is too small; 1 or more"),
    (
        "shared_memory: 64MB",
        '23:18: kubernetes_config.shared_memory: "64MB" is not an amount of bytes; a number and a unit, such as 16Gi; the units are Ei, Pi, Ti, Gi, Mi, Ki, E, P, T, G, M, k; did you mean "64M"?',
    ),
)


def with_line_23(kubernetes: str) -> str:
    """The good file with one line of Kubernetes, on line 23."""
    lines = JOB.splitlines()
    at = lines.index("model_config:")
    block = ["kubernetes_config:", f"  {kubernetes}"]
    padding = ["#"] * (23 - 2 - at)
    return "\n".join([*lines[:at], *padding, *block, *lines[at:], ""])


@pytest.mark.parametrize(("line", "headline"), BAD, ids=[line for line, _ in BAD])
def test_refusals(line, headline, written):
    path = written(with_line_23(line))
    with pytest.raises(ConfigError) as caught:
        load_job_config(path)
    assert [problem.headline().removeprefix(f"{path}:") for problem in caught.value.problems] == [headline]


def loaded(kubernetes: str, written):
    return load_job_config(written(with_line_23(kubernetes))).value.kubernetes_config


def test_a_lone_text_is_the_value_of_a_variable(written):
    env = loaded("env: {A: text, B: 12, C: '', D: {secret: s, key: k}, E: {value: x}}", written).env
    assert [env[name].value for name in "ABCE"] == ["text", "12", "", "x"]
    assert (env["D"].value, env["D"].secret, env["D"].key) == (None, "s", "k")


def test_what_else_is_taken(written):
    assert loaded("labels: {a: '', example.com/b: c}", written).labels == {"a": "", "example.com/b": "c"}
    assert loaded("annotations: {a: 'any: text'}", written).annotations == {"a": "any: text"}
    assert loaded("tolerations: [{operator: Exists}]", written).tolerations[0].key is None
    assert loaded("volumes: [{claim: a, mount_path: /a}, {claim: a, mount_path: /ab}]", written).volumes[1].read_only
    assert loaded("run_store: {claim: runs, folder: ''}", written).run_store.folder == ""
    assert loaded("storage: {class: null}", written).storage.storage_class is None
    assert loaded("run_as_user: null", written).run_as_user is None
    digest = "ghcr.io/a/b@sha256:" + "0" * 64
    assert loaded(f'weights_image: "{digest}"', written).weights_image == digest


def test_several_refusals_at_once(written):
    with pytest.raises(ConfigError) as caught:
        loaded("{env: {A_TOKEN: x, 1: y}, labels: {cajajejo/a: '-'}}", written)
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {
        "kubernetes_config.env.A_TOKEN.value",
        "kubernetes_config.env.1",
        'kubernetes_config.labels."cajajejo/a"',
    }


def test_no_message_shows_a_secret(written):
    with pytest.raises(ConfigError) as caught:
        loaded("env: {HF_TOKEN: hf_secret}", written)
    assert "hf_secret" not in caught.value.problems[0].render()


def test_a_variable_that_linux_does_not_take(written):
    with pytest.raises(ConfigError, match="the text has more than 100,000 bytes"):
        loaded(f"env: {{A: {'x' * 100_001}}}", written)


def test_short_grace_is_a_warning(written):
    warnings = load_job_config(written(with_line_23("termination_grace_period_seconds: 5"))).warnings
    assert [warning.key for warning in warnings] == ["kubernetes_config.termination_grace_period_seconds"]


def test_a_slice_of_no_gpu(written):
    text = with_line_23("queue: null").replace("accelerator: nvidia-tesla-t4", "mig_profile: 1g.5gb")
    with pytest.raises(ConfigError, match="a slice of which GPU is not said; accelerator must be given"):
        load_job_config(written(text))


def test_the_schema_takes_a_lone_text():
    env = job_schema()["properties"]["kubernetes_config"]["properties"]["env"]
    assert env["additionalProperties"]["type"] == ["string", "integer", "object"]
    assert set(env["additionalProperties"]["properties"]) == {"value", "secret", "config_map", "key"}
