"""Configs to documents: the seed's fields, what is added, and that nothing changes on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cajajejo.config import load_evaluation
from cajajejo.errors import BadInputError, CajajejoError, ConfigError
from cajajejo.manifests.render import ConfigSource, _environment, _Filters, render
from unit.config.good_files import ENTRIES, JOB
from unit.manifests import seed_example
from unit.manifests.conftest import SOURCE

# What differs on purpose: names, the version, and the image that fetches the weights.
DIFFERENT = {
    "0.metadata.name",
    "0.spec.template.spec.initContainers",
    "0.spec.template.spec.containers.0.env.2.value",
    "0.spec.template.spec.containers.0.env.3.value",
    "0.spec.template.spec.volumes.0.configMap.name",
    "1.metadata.name",
}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each path below a value with what stands there, but for what differs on purpose."""
    if path in DIFFERENT:
        return
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in items:
            yield from leaves(child, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def pod(spec) -> dict[str, Any]:
    return spec.job["spec"]["template"]["spec"]


def container(spec) -> dict[str, Any]:
    return pod(spec)["containers"][0]


def env(spec) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container(spec)["env"]}


def test_every_field_of_the_seeds_example_has_its_value(rendered):
    job, entries = seed_example.configs()
    paths = ("jobs/evaluation/example.mlflow.job_config.yml", "jobs/evaluation/pythia_run_specs.conf")
    spec = rendered(job=job, entries=entries, source=ConfigSource(*paths))
    ours = dict(leaves([spec.job, spec.config_map, spec.storage_class]))
    seeds = dict(leaves(seed_example.documents()))
    assert len(seeds) == 45
    assert {path: ours.get(path) for path in seeds} == seeds


def test_documents_stand_in_the_seeds_order(spec):
    kinds = [document["kind"] for document in yaml.safe_load_all(spec.to_yaml())]
    assert kinds == ["Job", "ConfigMap", "StorageClass"]


def test_the_init_container_runs_the_evaluation_image(rendered):
    init = pod(rendered())["initContainers"][0]
    assert init["name"] == "init"
    assert init["image"] == container(rendered())["image"]
    assert (init["command"], init["args"]) == (["python3", "cli.py"], ["--trace", "pull-weights"])
    assert init["env"][0] == {"name": "MLFLOW_TRACKING_URI", "value": "http://10.164.0.15:5000"}
    assert {mount["mountPath"] for mount in init["volumeMounts"]} == {"/scratch", "/etc/configs"}
    assert init["securityContext"] == container(rendered())["securityContext"]
    other = rendered("kubernetes_config: {weights_image: ghcr.io/a/weights:1}\n")
    assert pod(other)["initContainers"][0]["image"] == "ghcr.io/a/weights:1"


@pytest.mark.parametrize("source", ["path: /models/pythia", "builtin: tiny"])
def test_nothing_is_fetched_for_weights_that_are_there(rendered, source):
    head, _, rest = JOB.partition("model_config:")
    spec = rendered(job=f"{head}model_config: {{{source}}}\ntracking_config:{rest.partition('tracking_config:')[2]}")
    assert "initContainers" not in pod(spec)
    rules = spec.job["spec"]["podFailurePolicy"]["rules"]
    assert [rule["onExitCodes"]["containerName"] for rule in rules[1:]] == ["eval"]


def test_an_image_may_have_a_digest(rendered):
    digest = "sha256:" + "0" * 64
    assert container(rendered(job=JOB.replace("da958c6a7e", digest)))["image"].endswith(f"/evaluation@{digest}")


def test_disruptions_are_ignored_and_exit_codes_that_would_come_again_end_the_job(spec):
    assert spec.job["spec"]["podFailurePolicy"]["rules"] == [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": {"containerName": "init", "operator": "In", "values": [1, 2]}},
        {"action": "FailJob", "onExitCodes": {"containerName": "eval", "operator": "In", "values": [1, 2]}},
    ]
    indexed = {key: spec.job["spec"][key] for key in ("completionMode", "completions", "backoffLimitPerIndex")}
    assert indexed == {"completionMode": "Indexed", "completions": 1, "backoffLimitPerIndex": 3}


def test_what_pod_security_restricted_asks_for(spec):
    assert pod(spec)["automountServiceAccountToken"] is False
    assert pod(spec)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(spec)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_caches_are_on_the_scratch_volume(spec):
    folders = {name: env(spec)[name] for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "HF_HOME")}
    assert all(folder == "/scratch" or folder.startswith("/scratch/") for folder in folders.values())
    shared = {volume["name"]: volume for volume in pod(spec)["volumes"]}["shared-memory-volume"]
    assert shared["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}


def test_a_job_without_a_gpu_asks_for_none(rendered):
    spec = rendered(job=JOB.replace("accelerator: nvidia-tesla-t4", "accelerator: null"))
    assert "nodeSelector" not in pod(spec)
    assert "tolerations" not in pod(spec)
    assert container(spec)["resources"] == {"requests": {"cpu": "4", "memory": "16Gi"}}
    assert spec.job["metadata"]["labels"]["cajajejo/gpus"] == "0"
    assert "cajajejo/accelerator" not in spec.job["metadata"]["annotations"]


def test_the_line_of_the_accelerator_is_noted(spec):
    annotations = spec.job["metadata"]["annotations"]
    assert annotations["cajajejo/config-line-accelerator"] == "jobs/evaluation/job.yml:5"
    assert annotations["cajajejo/experiment"] == "eval-test-debug"


MANY = """\
kubernetes_config:
  namespace: team-a
  service_account: runner
  service_account_token: true
  backoff_limit: 1
  disruption_budget: 9
  ttl_seconds_after_finished: 60
  active_deadline_seconds: 7200
  termination_grace_period_seconds: 90
  name_prefix: bench
  storage: {size: 10Gi, class: null}
  run_store: {claim: runs, folder: team/a}
  volumes:
  - {claim: models, mount_path: /models}
  - {claim: data, mount_path: /data, sub_path: x/y, read_only: false}
  shared_memory: 8Gi
  node_selector: {kubernetes.io/arch: amd64}
  tolerations:
  - {operator: Exists}
  - {key: spot, value: "true", effect: NoExecute, toleration_seconds: 30}
  labels: {team: a}
  annotations: {example.com/note: "any: text"}
  env: {PLAIN: x, HF_TOKEN: {secret: hub, key: token}, LEVEL: {config_map: settings, key: level}}
  image_pull_secrets: [registry]
  image_pull_policy: Always
  priority_class: high
  queue: gpus
  run_as_user: null
"""


def test_every_option_reaches_its_place(rendered):
    spec = rendered(MANY)
    assert spec.name.startswith("bench-")
    assert spec.storage_class is None
    assert spec.job["metadata"]["namespace"] == spec.config_map["metadata"]["namespace"] == "team-a"
    labels, template = spec.job["metadata"]["labels"], spec.job["spec"]["template"]["metadata"]
    assert (labels["kueue.x-k8s.io/queue-name"], labels["team"]) == ("gpus", "a")
    assert template["labels"]["team"] == "a"
    assert "kueue.x-k8s.io/queue-name" not in template["labels"]
    assert "suspend" not in spec.job["spec"]
    assert template["annotations"] == {"example.com/note": "any: text"}
    assert spec.job["metadata"]["annotations"]["example.com/note"] == "any: text"
    assert {
        key: spec.job["spec"][key] for key in ("backoffLimit", "ttlSecondsAfterFinished", "activeDeadlineSeconds")
    } == {"backoffLimit": 1, "ttlSecondsAfterFinished": 60, "activeDeadlineSeconds": 7200}
    assert pod(spec) | {
        "serviceAccountName": "runner",
        "automountServiceAccountToken": True,
        "terminationGracePeriodSeconds": 90,
        "priorityClassName": "high",
        "imagePullSecrets": [{"name": "registry"}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4", "kubernetes.io/arch": "amd64"},
        "tolerations": [
            {"operator": "Exists"},
            {"operator": "Equal", "key": "spot", "value": "true", "effect": "NoExecute", "tolerationSeconds": 30},
        ],
    } == pod(spec)
    assert container(spec)["imagePullPolicy"] == "Always"


def test_variables_volumes_and_the_run_store_reach_their_place(rendered):
    spec = rendered(MANY)
    assert env(spec)["PLAIN"] == "x"
    assert env(spec)["HF_TOKEN"] == {"secretKeyRef": {"name": "hub", "key": "token"}}
    assert env(spec)["LEVEL"] == {"configMapKeyRef": {"name": "settings", "key": "level"}}
    assert env(spec)["CAJAJEJO_RUN_FOLDER"] == f"/runs/team/a/{spec.name}"
    assert env(spec.as_attempt(2))["CAJAJEJO_RUN_FOLDER"] == f"/runs/team/a/{spec.name}"
    assert env(spec)["CAJAJEJO_DISRUPTION_BUDGET"] == "9"
    mounts = {mount["mountPath"]: mount for mount in container(spec)["volumeMounts"]}
    assert mounts["/models"]["readOnly"] is True
    assert (mounts["/data"]["readOnly"], mounts["/data"]["subPath"]) == (False, "x/y")
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in pod(spec)["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert claims == {"run-store-volume": "runs", "volume-1": "models", "volume-2": "data"}
    scratch = pod(spec)["volumes"][1]["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert "storageClassName" not in scratch
    assert scratch["resources"] == {"requests": {"storage": "10Gi"}}


@pytest.mark.parametrize(
    ("given", "volume", "folder"),
    [
        ("claim: models, folder: team/a", {"persistentVolumeClaim": {"claimName": "models"}}, "/weights-cache/team/a"),
        ("node_folder: /var/models", {"hostPath": {"path": "/var/models", "type": "Directory"}}, "/weights-cache"),
    ],
)
def test_a_cache_of_weights_is_written_by_the_one_container_and_read_by_the_other(rendered, given, volume, folder):
    spec = rendered(f"kubernetes_config: {{weights_cache: {{{given}}}}}\n")
    init, evaluation = pod(spec)["initContainers"][0], container(spec)
    variables = {item["name"]: item.get("value") for item in init["env"]}
    assert variables["CAJAJEJO_WEIGHTS_CACHE"] == folder
    assert {"mountPath": "/weights-cache", "name": "weights-cache-volume"} in init["volumeMounts"]
    mount = {"mountPath": "/weights-cache", "name": "weights-cache-volume", "readOnly": True}
    assert mount in evaluation["volumeMounts"]
    assert {"name": "weights-cache-volume", **volume} in pod(spec)["volumes"]
    assert "weights-cache-volume" not in str(pod(rendered()))


def test_weights_that_are_there_need_no_cache(rendered):
    head, _, rest = JOB.partition("model_config:")
    job = f"{head}model_config: {{builtin: tiny}}\ntracking_config:{rest.partition('tracking_config:')[2]}"
    spec = rendered("kubernetes_config: {weights_cache: {claim: models}}\n", job=job)
    assert "weights-cache-volume" not in str(pod(spec))


@pytest.mark.parametrize("source", ["mlflow_model: models:/a/1", "hf_model: {repository: a/b, revision: main}"])
def test_other_sources_are_fetched_too(rendered, source):
    head, _, rest = JOB.partition("model_config:")
    spec = rendered(job=f"{head}model_config: {{{source}}}\ntracking_config:{rest.partition('tracking_config:')[2]}")
    assert pod(spec)["initContainers"][0]["args"][-1] == "pull-weights"


def test_a_class_that_nobody_shall_make(rendered):
    assert rendered("kubernetes_config: {storage: {class: fast, create_class: false}}\n").storage_class is None


def test_a_cache_may_be_elsewhere(rendered):
    spec = rendered("kubernetes_config: {env: {HF_HOME: /models/cache}}\n")
    names = [item["name"] for item in container(spec)["env"]]
    assert names.count("HF_HOME") == 1
    assert env(spec)["HF_HOME"] == "/models/cache"


def test_no_version_is_unversioned(rendered):
    assert rendered(source=ConfigSource("a", "b")).config_version == "unversioned"


@pytest.mark.parametrize("version", ["a\nb", "a\x1bb", "x" * 6000])
def test_a_version_that_nothing_can_hold(rendered, version):
    with pytest.raises(BadInputError, match="the config version"):
        rendered(source=ConfigSource("a", "b", version))


def test_a_path_with_half_a_character(rendered):
    with pytest.raises(BadInputError, match="half a character"):
        rendered(source=ConfigSource("a\udcff", "b"))


def test_configs_that_no_config_map_takes(rendered):
    with pytest.raises(ConfigError) as caught:
        rendered(job=JOB + "#" * (1024 * 1024 - len(JOB) - 100))
    (problem,) = caught.value.problems
    assert problem.message.startswith("both configs have 1,048,")
    assert (problem.line, problem.path.name) == (1, "job.yml")


def test_more_annotations_than_an_object_may_have(rendered):
    notes = "".join(f"    note-{index}: {'x' * 60_000}\n" for index in range(5))
    with pytest.raises(ConfigError) as caught:
        rendered(f"kubernetes_config:\n  annotations:\n{notes}")
    (problem,) = caught.value.problems
    assert problem.key == "kubernetes_config.annotations"
    assert "Kubernetes takes 262,144 at most" in problem.headline()


PROGRAM = """
import sys
from pathlib import Path
from cajajejo.config import load_evaluation
from cajajejo.manifests.render import ConfigSource, _environment, _Filters, render
inputs = load_evaluation(Path(sys.argv[1]), Path(sys.argv[2]))
sys.stdout.buffer.write(render(inputs, ConfigSource("a", "b", "c")).to_yaml().encode())
"""


def test_the_same_content_gives_the_same_bytes_in_every_process(tmp_path):
    job, entries = tmp_path / "job.yml", tmp_path / "entries.conf"
    job.write_text(JOB + MANY, encoding="utf-8")
    entries.write_text(ENTRIES, encoding="utf-8")
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, job, entries],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    here = render(load_evaluation(job, entries), ConfigSource("a", "b", "c")).to_yaml().encode()
    assert outputs == {here}


ODD = st.sampled_from(
    ['"', "'", "\n", ": ", "yes", "012", "😀", "{{ x }}", "{% raw %}", "\n---\n", "\u2028", "\x85", "\t", "\\", "#",
     "$(A)", "$$", "\ufeff", "|", ">-", "é", "&a", "*a", "!x", "%", "\r", "\n...\n", "null", "~", " ",
     "\u200b", "\u202e"]
)  # fmt: skip
TEXT = st.one_of(
    st.lists(ODD, max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)


def as_yaml(text: str) -> str:
    """A text between double quotes, each character escaped."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT, TEXT, TEXT)
def test_any_text_of_a_config_arrives_or_is_refused(tmp_path: Path, one: str, two: str, comment: str):
    path, entries = tmp_path / "job.yml", tmp_path / "entries.conf"
    text = (
        JOB
        + f"kubernetes_config:\n  annotations: {{note: {as_yaml(one)}}}\n  env: {{NOTE: {as_yaml(two)}}}\n"
        + "".join(f"# {line}\n" for line in comment.splitlines())
    )
    path.write_bytes(text.encode())
    entries.write_bytes((ENTRIES + "".join(f"# {line}\n" for line in comment.splitlines())).encode())
    try:
        inputs = load_evaluation(path, entries)
    except ConfigError:
        return
    spec = render(inputs, SOURCE)
    documents = list(yaml.safe_load_all(spec.to_yaml()))
    assert documents == [spec.job, spec.config_map, spec.storage_class]
    assert documents[0]["metadata"]["annotations"]["note"] == one
    assert expanded(env(spec)["NOTE"]) == two
    assert documents[1]["data"]["eval_config.yml"].encode() == path.read_bytes()
    assert documents[1]["data"]["run_specs.conf"].encode() == entries.read_bytes()


def expanded(text: str) -> str:
    """What a container sees, if no variable is called as the text says: `expansion.Expand` of Kubernetes."""
    out, at = "", 0
    while at < len(text):
        if text[at] == "$" and at + 1 < len(text):
            if text[at + 1] == "$":
                out, at = out + "$", at + 2
                continue
            end = text.find(")", at)
            if text[at + 1] == "(" and end >= 0:
                out, at = f"{out}REPLACED", end + 1
                continue
        out, at = out + text[at], at + 1
    return out


def test_a_template_cannot_write_what_is_not_quoted():
    with pytest.raises(CajajejoError, match="not quoted"):
        _environment().from_string("a: {{ value }}").render(value="x")
    with pytest.raises(jinja2.UndefinedError):
        _environment().from_string("a: {{ missing | quoted }}").render(filters=_Filters())
