"""Containers that have ended: why, by the kubelet's word, their own, their exit code and the end of their log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.containers.last_words import code_of_exit, code_of_log, code_of_word, headline_of_word
from cajajejo.cluster.explain.containers.start_errors import explain_start_error
from cajajejo.cluster.explain.jobs.retries import failed_containers
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import name_of, number, objects, strings, text, texts, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER, LastWord

__all__ = ["explain_exit"]

# Reasons of a container that was made but never ran: containerd (StartError), docker and CRI-O (ContainerCannotRun).
_NEVER_RAN = frozenset({"StartError", "ContainerCannotRun", "CreateContainerError", "RunContainerError"})
# Causes for which a config key is worth naming beside the container's own advice.
_WORTH_MORE = frozenset({Code.CUDA_OUT_OF_MEMORY, Code.SHARED_MEMORY_FULL, Code.DISK_FULL, Code.DISRUPTION_BUDGET})
_SIGNALS = {
    129: "SIGHUP",
    130: "SIGINT",
    132: "SIGILL",
    134: "SIGABRT",
    135: "SIGBUS",
    136: "SIGFPE",
    137: "SIGKILL",
    139: "SIGSEGV",
    141: "SIGPIPE",
    143: "SIGTERM",
    152: "SIGXCPU",
}
_FROM_OUTSIDE = frozenset({129, 130, 137, 143})


def explain_exit(scene: Scene, pod: Json) -> Verdict | None:
    """Returns why a pod's container ended with an error, or None where none did.

    The caller adds the state and whether another pod follows.
    """
    failed = failed_containers(pod)
    if not failed:
        return None
    status = failed[0]
    ended_s = time_at(status, "state", "terminated", "finishedAt")
    verdict = _by_kubelet(scene, pod, status) or _by_word(scene, pod, status) or _by_code(scene, pod, status)
    return replace(
        verdict,
        since_s=ended_s,
        facts=[*verdict.facts, *_ran_facts(status)],
        exit_code=number(status, "state", "terminated", "exitCode"),
    )


def _by_kubelet(scene: Scene, pod: Json, status: Json) -> Verdict | None:
    """What the kubelet and the runtime know of the end."""
    container, reason = text(status, "name"), text(status, "state", "terminated", "reason")
    message = text(status, "state", "terminated", "message")
    if reason in _NEVER_RAN:
        return explain_start_error(scene, pod, reason, message)
    if reason == "ContainerStatusUnknown":
        # kubelet: "The container could not be located when the pod was terminated"; its exit code 137 is made up.
        return Verdict(
            State.FAILED,
            Code.UNKNOWN,
            "its node has lost the container, and with it the reason why it ended",
            evidence=[_evidence(pod, status, message)],
        )
    if reason != "OOMKilled":
        return None
    limit, word = _memory_limit(pod, container), LastWord.parse(message)
    exit_code = number(status, "state", "terminated", "exitCode")
    said = word.cause if word else message or f"exit code {exit_code}"
    return Verdict(
        State.FAILED,
        Code.OUT_OF_MEMORY,
        f"it used more memory than its limit of {limit}" if limit else "its node ran out of memory",
        facts=[("asked", f"{limit or _memory_request(pod, container) or 'no'} memory (container {container})")],
        evidence=[_evidence(pod, status, said)],
        remedy=scene.then(scene.set_key("compute_config.memory", "higher")),
    )


def _by_word(scene: Scene, pod: Json, status: Json) -> Verdict | None:
    message = text(status, "state", "terminated", "message")
    word = LastWord.parse(message) if message else None
    if word is None:
        return None
    code = code_of_word(word)
    if code is None:
        by_exit = code_of_exit(text(status, "name"), word.exit_code, ())
        code = by_exit[0] if by_exit else Code.CRASHED
    tail = _tail(scene, pod, status)
    seen = code_of_log(tail) if word.code in ("harness_crash", "defect") else None
    if seen is not None:
        return _from_log(scene, pod, status, seen)
    return Verdict(
        State.FAILED,
        code,
        headline_of_word(word),
        facts=_word_facts(word),
        evidence=[_evidence(pod, status, " ".join(word.cause.split()) or message)],
        remedy=_word_remedy(scene, word, code),
    )


def _by_code(scene: Scene, pod: Json, status: Json) -> Verdict:
    container, exit_code = text(status, "name"), number(status, "state", "terminated", "exitCode") or 0
    tail = _tail(scene, pod, status)
    seen = code_of_log(tail)
    if seen is not None:
        return _from_log(scene, pod, status, seen)
    evidence = [_evidence(pod, status, text(status, "state", "terminated", "message") or f"exit code {exit_code}")]
    if tail:
        evidence.append(Evidence(f"Pod {name_of(pod)}", f"log of {container}", "\n".join(tail[-3:])))
    known = code_of_exit(container, exit_code, tail)
    silence = ("last word", "none: only the exit code tells")
    logs = ["see the log:", scene.logs_command(container)]
    if container == WEIGHTS_CONTAINER and exit_code not in _SIGNALS and known is not None:
        headline = f"the weights cannot be fetched: exit code {exit_code}"
        return Verdict(
            State.FAILED, Code.WEIGHTS_DOWNLOAD_FAILED, headline, facts=[silence], evidence=evidence, remedy=logs
        )
    if known is not None:
        code, headline = known
        return Verdict(State.FAILED, code, headline, facts=[silence], evidence=evidence, remedy=logs)
    signal = _SIGNALS.get(exit_code)
    if signal is None:
        headline = f"container {container} ended with exit code {exit_code} and does not say why"
        return Verdict(State.FAILED, Code.CRASHED, headline, facts=[silence], evidence=evidence, remedy=logs)
    if exit_code in _FROM_OUTSIDE:
        return Verdict(State.FAILED, Code.KILLED, f"it was killed by {signal}", evidence=evidence, remedy=logs)
    steps = [scene.set_key("kubernetes_config.shared_memory", "higher: SIGBUS often means a full /dev/shm"), *logs]
    return Verdict(
        State.FAILED,
        Code.CRASHED,
        f"it crashed with {signal}",
        evidence=evidence,
        remedy=steps if signal == "SIGBUS" else logs,
    )


def _from_log(scene: Scene, pod: Json, status: Json, seen: tuple[Code, str, str]) -> Verdict:
    code, headline, line = seen
    evidence = Evidence(f"Pod {name_of(pod)}", f"log of {text(status, 'name')}", line.strip())
    return Verdict(
        State.FAILED,
        code,
        headline,
        evidence=[evidence, _evidence(pod, status, "")],
        remedy=_code_remedy(scene, code),
    )


def _word_facts(word: LastWord) -> list[tuple[str, str]]:
    labels = {
        "source": "source",
        "object": "object",
        "http_status": "HTTP status",
        "entries": "entries",
        "run_url": "MLflow",
    }
    facts = []
    for key, label in labels.items():
        value = word.details.get(key)
        if isinstance(value, list | tuple):
            value = ", ".join(str(item) for item in value[:5]) + (
                f" and {len(value) - 5} more" if len(value) > 5 else ""
            )
        if value not in (None, ""):
            facts.append((label, str(value)))
    return facts


def _word_remedy(scene: Scene, word: LastWord, code: Code) -> list[str]:
    own = [word.remedy] if word.remedy else []
    return [*own, *_code_remedy(scene, code)] if not own or code in _WORTH_MORE else own


def _code_remedy(scene: Scene, code: Code) -> list[str]:
    if code is Code.CUDA_OUT_OF_MEMORY:
        smaller = scene.set_key("model_config.options.dtype", "to bfloat16")
        bigger = scene.set_key("compute_config.accelerator", "to a GPU with more memory")
        return scene.then(f"{smaller}, or {bigger}")
    if code is Code.SHARED_MEMORY_FULL:
        return scene.then(scene.set_key("kubernetes_config.shared_memory", "higher"))
    if code is Code.DISK_FULL:
        return scene.then(scene.set_key("kubernetes_config.storage.size", "higher"))
    if code is Code.DISRUPTION_BUDGET:
        higher = scene.set_key("kubernetes_config.disruption_budget", "higher, or take nodes that are not taken away")
        return scene.then(higher)
    if code is Code.WEIGHTS_DOWNLOAD_FAILED:
        return ["see the log:", scene.logs_command(WEIGHTS_CONTAINER)]
    return ["see the log:", scene.logs_command(EVALUATION_CONTAINER)]


def _ran_facts(status: Json) -> list[tuple[str, str]]:
    begin, end = (time_at(status, "state", "terminated", key) for key in ("startedAt", "finishedAt"))
    exit_code = number(status, "state", "terminated", "exitCode")
    ran = f" after {shown_duration(end - begin)}" if begin is not None and end is not None and end >= begin > 0 else ""
    return [("ended", f"container {text(status, 'name')} with exit code {exit_code}{ran}")]


def _evidence(pod: Json, status: Json, message: str) -> Evidence:
    what = text(status, "state", "terminated", "reason") or "terminated"
    return Evidence(f"Pod {name_of(pod)}", what, message, time_at(status, "state", "terminated", "finishedAt"))


def _tail(scene: Scene, pod: Json, status: Json) -> Sequence[str]:
    tail = strings(scene.seen.log_tails.get(f"{name_of(pod)}/{text(status, 'name')}"))
    message = text(status, "state", "terminated", "message")
    # terminationMessagePolicy FallbackToLogsOnError: without a last word the message is the end of the log.
    return tail or [line for line in message.splitlines() if LastWord.parse(message) is None]


def _memory_limit(pod: Json, container: str) -> str:
    return _memory(pod, container, "limits")


def _memory_request(pod: Json, container: str) -> str:
    return _memory(pod, container, "requests")


def _memory(pod: Json, container: str, kind: str) -> str:
    for group in ("initContainers", "containers"):
        for spec in objects(pod, "spec", group):
            if text(spec, "name") == container:
                return texts(spec, "resources", kind).get("memory", "")
    return ""
