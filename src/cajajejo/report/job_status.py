"""The answer of `jobs status`, as people read it and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.observation import Json, Observation
from cajajejo.cluster.explain.reading import condition, name_of, text, texts
from cajajejo.cluster.explain.verdict import State, Verdict
from cajajejo.cluster.follow.phases import Container, Phase, containers_of, pod_end_s, run_time_s, timeline
from cajajejo.cluster.follow.pod_progress import PodProgress
from cajajejo.cluster.jobs import attempt_of
from cajajejo.manifests.labels import ACCELERATOR_ANNOTATION
from cajajejo.pod_protocol import GPUS_LABEL, LastWord
from cajajejo.report.entry_progress import EntryProgress, entry_progress
from cajajejo.report.lines import Line, hanging, one_line, wrapped
from cajajejo.report.verdict import headline, style_of

__all__ = ["JobStatus", "PodLine", "job_status", "status_data", "status_lines", "summary_line"]

_GAP = "   "
_BAR = 20


@dataclass(frozen=True)
class PodLine:
    """One pod of the job.

    Attributes:
        name: Its name.
        node: The node that it is on, or "".
        state: Its phase as the cluster says it, or `Terminating`.
        reason: Why it ended, or "".
        ended_s: When it ended, seconds since the epoch, or None.
        containers: What its containers do.
    """

    name: str
    node: str
    state: str
    reason: str
    ended_s: float | None
    containers: Sequence[Container]


@dataclass(frozen=True)
class JobStatus:
    """How a job stands.

    Attributes:
        name: Its name.
        namespace: Its namespace.
        verdict: What `why` says.
        now_s: When this was seen.
        attempt: The how-manieth Job of the same content.
        hardware: Such as `1x nvidia-l4`, or "".
        took_s: How long it has existed, up to its end.
        phases: Through which phases its newest pod went.
        pods: Its pods, oldest first.
        progress: How far the evaluation is, or None before it says so.
        run_url: The tracker's page, or None.
        options: What a command needs to mean the same cluster and namespace; begins with a space, or is "".
    """

    name: str
    namespace: str
    verdict: Verdict
    now_s: float
    attempt: int
    hardware: str
    took_s: float | None
    phases: Sequence[Phase]
    pods: Sequence[PodLine]
    progress: EntryProgress | None
    run_url: str | None
    options: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.verdict.state in (State.SUCCEEDED, State.FAILED, State.GONE)

    @property
    def next_command(self) -> str:
        """What one would like to do next."""
        if self.verdict.state in (State.CANCELLING, State.GONE):
            return f"cajajejo jobs list{self.options}"
        words = {State.RUNNING: "logs -f", State.SUCCEEDED: "logs"}
        word = words.get(self.verdict.state, "wait") if self.verdict.healthy else "why"
        return f"cajajejo jobs {word} {self.name}{self.options}"


def job_status(seen: Observation, verdict: Verdict, said: PodProgress, options: str = "") -> JobStatus:
    """Returns how a job stands.

    Args:
        seen: What there was to see.
        verdict: What `explain` makes of it.
        said: What the newest pod's containers have said.
        options: See `JobStatus`.
    """
    phases = timeline(seen.job, seen.pods, seen.events, said)
    evaluating = next((phase for phase in phases if phase.name == "evaluating"), None)
    began_s = None if evaluating is None else evaluating.began_s
    job: Json = seen.job or {}
    return JobStatus(
        name=seen.name,
        namespace=seen.namespace,
        verdict=verdict,
        now_s=seen.now_s,
        attempt=attempt_of(job),
        hardware=_hardware(job),
        took_s=run_time_s(job, seen.now_s),
        phases=phases,
        pods=tuple(_pod_line(pod) for pod in seen.pods),
        progress=_progress(verdict, entry_progress(said.evaluation, began_s)),
        run_url=said.run_url or _url_of_last_words(seen.pods),
        options=options,
    )


def _progress(verdict: Verdict, progress: EntryProgress | None) -> EntryProgress | None:
    """What is left to do is of interest until the end; how far it came, where that is not all the way."""
    if progress is None or verdict.state is State.SUCCEEDED:
        return None
    return replace(progress, left_s=None) if verdict.state is State.FAILED else progress


def _hardware(job: Json) -> str:
    gpus = texts(job, "metadata", "labels").get(GPUS_LABEL, "0")
    if gpus in ("", "0"):
        return "no GPU"
    accelerator = texts(job, "metadata", "annotations").get(ACCELERATOR_ANNOTATION, "")
    return f"{gpus}x {accelerator or 'GPU'}"


def _pod_line(pod: Json) -> PodLine:
    disrupted = condition(pod, "DisruptionTarget")
    return PodLine(
        name=name_of(pod),
        node=text(pod, "spec", "nodeName"),
        state="Terminating" if text(pod, "metadata", "deletionTimestamp") else text(pod, "status", "phase"),
        reason=text(disrupted, "reason") or text(pod, "status", "reason"),
        ended_s=pod_end_s(pod),
        containers=containers_of(pod),
    )


def _url_of_last_words(pods: Sequence[Json]) -> str | None:
    for pod in reversed(pods):
        for container in containers_of(pod):
            word = LastWord.parse(container.last_word)
            url = word.details.get("run_url") if word is not None else None
            if isinstance(url, str):
                return url
    return None


def status_lines(status: JobStatus, width: int) -> Iterator[Line]:
    """Yields how the job stands, line by line, for so many columns."""
    yield from _head(status, width)
    yield from _phases(status, width)
    if not status.verdict.healthy or status.verdict.state is State.QUEUED:
        yield from hanging("  ", wrapped(headline(status.verdict, status.now_s), width - 2), style_of(status.verdict))
    if status.progress is not None:
        yield from hanging("  ", wrapped(_bar(status.progress), width - 2))
    yield from _pods(status, width)
    if status.run_url is not None:
        yield Line.of(f"  MLflow {status.run_url}")
    yield Line((("  next: ", "dim"), (status.next_command, "bold")))


def summary_line(status: JobStatus) -> Line:
    """Returns how the job stands in one line, for a log."""
    phase = status.phases[-1].name if status.phases else ""
    parts = [status.name, status.verdict.state.value]
    if not status.verdict.healthy:
        parts.append(f"{status.verdict.code.value}: {one_line(status.verdict.headline)}")
    elif phase and not status.is_over:
        parts.append(phase)
    if status.progress is not None and status.verdict.state is State.RUNNING:
        parts.append(status.progress.line())
    return Line.of("  ".join(parts), "" if status.verdict.healthy else style_of(status.verdict))


def _head(status: JobStatus, width: int) -> Iterator[Line]:
    rest = [f"attempt {status.attempt}", status.hardware]
    if status.took_s is not None:
        rest.append(shown_duration(status.took_s))
    state = (status.verdict.state.value, f"bold {style_of(status.verdict)}")
    tail = _GAP.join(part for part in rest if part)
    if len(status.name) + len(state[0]) + len(tail) + 2 * len(_GAP) <= width:
        yield Line(((status.name, "bold"), (_GAP, ""), state, (f"{_GAP}{tail}", "")))
        return
    yield Line.of(status.name, "bold")
    yield Line((("  ", ""), state, (f"{_GAP}{tail}", "")))


def _phases(status: JobStatus, width: int) -> Iterator[Line]:
    texts_of = [_phase(phase, status) for phase in status.phases]
    line = ""
    for one in texts_of:
        if line and len(line) + 3 + len(one) > width - 2:
            yield Line.of(f"  {line}")
            line = one
        else:
            line = f"{line} · {one}" if line else one
    if line:
        yield Line.of(f"  {line}")


def _phase(phase: Phase, status: JobStatus) -> str:
    lasting = "…" if phase.ended_s is None and not status.is_over else ""
    detail = f" ({phase.detail})" if phase.detail else ""
    return f"{phase.name} {shown_duration(phase.seconds(status.now_s))}{lasting}{detail}"


def _bar(progress: EntryProgress) -> str:
    full = round(progress.fraction * _BAR)
    return f"[{'#' * full}{'-' * (_BAR - full)}] {progress.fraction * 100:3.0f} %  {progress.line()}"


def _pods(status: JobStatus, width: int) -> Iterator[Line]:
    for pod in status.pods:
        containers = ", ".join(_container(container) for container in pod.containers) or pod.state
        where = f" on {pod.node}" if pod.node else ""
        lost = f" ({one_line(pod.reason)})" if pod.reason else ""
        ended = ""
        if pod.ended_s is not None and pod is not status.pods[-1]:
            ended = f", ended {shown_duration(status.now_s - pod.ended_s)} ago"
        words = f"pod {pod.name}{where}{lost}{ended}: {containers}"
        yield from (
            Line.of(f"  {line}" if at == 0 else f"      {line}") for at, line in enumerate(wrapped(words, width - 6))
        )


def _container(container: Container) -> str:
    again = f", {container.restarts} restarts" if container.restarts else ""
    if container.state != "ended":
        why = f" ({container.reason})" if container.reason else ""
        return f"{container.name} {container.state}{why}{again}"
    if container.exit_code == 0:
        return f"{container.name} done{again}"
    why = f", {container.reason}" if container.reason not in ("", "Error") else ""
    return f"{container.name} failed (exit code {container.exit_code}{why}){again}"


def status_data(status: JobStatus) -> dict[str, object]:
    """Returns how the job stands as plain data for `--json`. Keys are never renamed or removed; new ones may come.

    Returns:
        `ok` (true), `name`, `namespace`, `state`, `code`, `headline`, `healthy`, `attempt`, `hardware`, `took_s`,
        `now_s`, `phases` [{`name`, `began_s`, `ended_s`, `seconds`, `detail`}], `pods` [{`name`, `node`, `state`,
        `reason`, `ended_s`, `containers` [{`name`, `state`, `reason`, `exit_code`, `restarts`, `began_s`,
        `ended_s`}]}], `progress` (null, or {`entry`, `entry_number`, `entries`, `done`, `planned`, `reused`, `failed`,
        `fraction`, `rate_per_s`, `left_s`}), `run_url`, `next`. Times are seconds since the epoch.
    """
    return {
        "ok": True,
        "name": status.name,
        "namespace": status.namespace,
        "state": status.verdict.state.value,
        "code": status.verdict.code.value,
        "headline": status.verdict.headline,
        "healthy": status.verdict.healthy,
        "attempt": status.attempt,
        "hardware": status.hardware,
        "took_s": status.took_s,
        "now_s": status.now_s,
        "phases": [{**asdict(phase), "seconds": phase.seconds(status.now_s)} for phase in status.phases],
        "pods": [_pod_data(pod) for pod in status.pods],
        "progress": None if status.progress is None else asdict(status.progress),
        "run_url": status.run_url,
        "next": status.next_command,
    }


def _pod_data(pod: PodLine) -> dict[str, object]:
    data = asdict(pod)
    for container in data["containers"]:
        del container["last_word"]
    return {**data, "containers": list(data["containers"])}
