"""What a verdict says beside its code: numbers, who holds what, the config's lines, commands to copy."""

import dataclasses
from collections.abc import Callable

import pytest

from cajajejo.cluster.explain import Observation, Verdict, explain

State = Callable[[str], Observation]


def facts(verdict: Verdict, name: str) -> list[str]:
    return [text for label, text in verdict.facts if label == name]


def test_the_sample_of_the_issue(state: State) -> None:
    verdict = explain(state("built-selector-sample-of-the-issue"))
    assert facts(verdict, "asked") == [
        "1 GPU, 4 CPU, 16Gi memory on a node with cloud.google.com/gke-accelerator=nvidia-tesla-t4"
    ]
    assert facts(verdict, "found") == [
        "3 nodes by cloud.google.com/gke-accelerator: nvidia-l4 (2, 1 GPU free), none (1)"
    ]
    config = "jobs/evaluation/example.mlflow.job_config.yml"
    paths = f"--path-to-config {config} --path-to-helm-config jobs/evaluation/pythia_run_specs.conf"
    submit = f"cajajejo jobs evaluation submit-job {paths}"
    assert verdict.remedy == [
        f"set compute_config.accelerator to nvidia-l4 ({config}:6), then",
        f"cajajejo jobs cancel eval-neurips-merciful-crocodile && {submit}",
    ]
    assert verdict.evidence[0].about == "Pod eval-neurips-merciful-crocodile-0-x7k2p"
    assert verdict.evidence[0].what == "FailedScheduling"
    assert verdict.evidence[0].message.startswith("0/3 nodes are available: 3 node(s) didn't match")
    assert verdict.since_s == state("built-selector-sample-of-the-issue").now_s - 270


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recorded-node-selector", "set compute_config.accelerator to nvidia-tesla-t4"),
        ("recorded-node-selector-of-another-cloud", "set kubernetes_config.provider to gke"),
        ("recorded-storage-class-missing", "set kubernetes_config.storage.class to ssd"),
        ("recorded-service-account-missing", "or set kubernetes_config.service_account to default"),
        ("recorded-secret-key-missing", "or set kubernetes_config.env to the key tokens"),
        ("recorded-config-map-key-missing", "or set kubernetes_config.env to the key color"),
        ("recorded-more-gpus-than-a-node-has", "set compute_config.gpus to at most 2"),
        ("recorded-too-much-cpu", "set compute_config.cpu to less than 16"),
        (
            "recorded-taint",
            "set kubernetes_config.tolerations to [{key: nvidia.com/gpu, value: present, effect: NoSchedule}]",
        ),
        ("built-sigbus", "set kubernetes_config.shared_memory higher"),
    ],
)
def test_a_remedy_names_the_key_and_the_nearest_right_value(state: State, name: str, expected: str) -> None:
    assert any(step.startswith(expected) for step in explain(state(name)).remedy), explain(state(name)).remedy


def test_a_remedy_names_the_line_of_the_config_that_the_pod_mounts(state: State) -> None:
    steps = explain(state("recorded-too-much-memory")).remedy
    assert "(jobs/evaluation/example.job_config.yml:8)" in steps[0]


def test_who_holds_the_gpus_is_told(state: State) -> None:
    verdict = explain(state("built-gpus-held-by-two"))
    assert facts(verdict, "free") == ["t4-1: 0 of 1 GPU", "t4-2: 0 of 1 GPU"]
    assert facts(verdict, "holds") == [
        "t4-1: default/eval-neurips-gentle-otter-0-aaaaa (1)",
        "t4-2: research/notebook (1)",
    ]


def test_what_could_not_be_seen_is_told(state: State) -> None:
    assert explain(state("built-gpu-nodes-not-seen")).unseen == ("nodes: forbidden", "node_pods: forbidden")
    assert explain(state("built-gpus-held-by-two")).unseen == ()


def test_weights_tell_their_source_and_status(state: State) -> None:
    verdict = explain(state("recorded-weights"))
    assert facts(verdict, "source") == ["gs://my-bucket/pythia"]
    assert facts(verdict, "HTTP status") == ["403"]
    assert verdict.exit_code == 3


def test_a_preempted_pod_tells_by_whom(state: State) -> None:
    assert facts(explain(state("built-preempted-by-whom")), "preempted") == ["by serving/vllm-0 on node t4"]


def test_pods_before_this_one_are_told(state: State) -> None:
    assert facts(explain(state("built-evicted-and-replaced")), "before") == [
        "eval-neurips-merciful-crocodile-0-aaaaa: someone asked the API server to evict it"
    ]


def test_the_cause_is_joined_into_a_reached_limit(state: State) -> None:
    verdict = explain(state("built-out-of-memory-every-time"))
    assert facts(verdict, "tries") == ["4, all failed (backoff_limit 3)"]
    assert [item.what for item in verdict.evidence] == ["OOMKilled", "FailedIndexes"]


def test_a_deadline_tells_what_the_job_did_until_then(state: State) -> None:
    waited = facts(explain(state("recorded-deadline-without-a-node")), "until then")
    assert waited[0].startswith("it waited for a node: 0/1 nodes are available")
    assert facts(explain(state("recorded-deadline")), "until then") == ["it ran"]


def test_disruptions_do_not_count_as_tries(state: State) -> None:
    assert facts(explain(state("recorded-evicted")), "next") == [
        "another pod follows; this one does not count as a failure"
    ]
    assert facts(explain(state("recorded-to-be-retried")), "next") == ["another pod follows: 1 of 4 tries have failed"]


def test_the_verdict_on_a_failure_that_is_retried_says_so(state: State) -> None:
    assert explain(state("recorded-to-be-retried")).will_retry
    assert not explain(state("recorded-bad-input")).will_retry


def test_evidence_is_verbatim_and_has_a_time(state: State) -> None:
    observation = state("recorded-image-not-found")
    waiting = observation.pods[0]["status"]["containerStatuses"][0]["state"]["waiting"]
    assert explain(observation).evidence[0].message == waiting["message"]
    event = state("recorded-quota")
    assert explain(event).evidence[0].time_s == pytest.approx(event.now_s, abs=60)


def test_printed_commands_name_what_they_need_to_mean_the_same_cluster(state: State) -> None:
    far = dataclasses.replace(state("recorded-node-selector"), options=" --namespace team --context far")
    commands = [line for line in explain(far).remedy if "cajajejo jobs" in line]
    assert commands
    for command in " && ".join(commands).split(" && "):
        assert command.endswith(" --namespace team --context far"), command


def test_who_paused_a_job_by_its_parallelism(state: State) -> None:
    seen = state("built-parallelism-0")
    assert explain(seen).headline.startswith("someone set its parallelism to 0")
    assert seen.job is not None
    metadata = {
        **seen.job["metadata"],
        "managedFields": [
            {"manager": "cajajejo", "time": "2026-11-21T11:55:00Z", "fieldsV1": {"f:spec": {"f:parallelism": {}}}},
            {"manager": "kubectl-patch", "time": "2026-11-21T11:57:00Z", "fieldsV1": {"f:spec": {"f:parallelism": {}}}},
            {"manager": "kube-controller-manager", "time": "2026-11-21T11:58:00Z", "fieldsV1": {"f:status": {}}},
        ],
    }
    verdict = explain(dataclasses.replace(seen, job={**seen.job, "metadata": metadata}))
    assert verdict.headline == "kubectl-patch set its parallelism to 0, which pauses it: it gets no pod"
    (command,) = verdict.remedy
    assert command.startswith("kubectl patch job eval-neurips-merciful-crocodile --namespace default -p ")
    assert command.endswith("""'{"spec":{"parallelism":1}}'""")
