"""An observation put in order: the job's own pods and events, and what remedies need to name."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cajajejo.cluster.explain.events import Event, about, read_event
from cajajejo.cluster.explain.observation import Json, Observation
from cajajejo.cluster.explain.places import place_of
from cajajejo.cluster.explain.reading import created_s, name_of, objects, owner_uid, strings, text, texts, uid_of
from cajajejo.cluster.explain.verdict import Evidence
from cajajejo.manifests.labels import CONFIG_PATH_ANNOTATION, HELM_CONFIG_PATH_ANNOTATION

__all__ = ["Scene"]


@dataclass(frozen=True)
class Scene:
    """What the rooms of this package look at.

    Attributes:
        seen: The observation.
    """

    seen: Observation

    @property
    def now_s(self) -> float:
        """When this was seen."""
        return self.seen.now_s

    @cached_property
    def job(self) -> Json:
        """The Job, or an empty object."""
        return self.seen.job if isinstance(self.seen.job, dict) else {}

    @cached_property
    def pods(self) -> Sequence[Json]:
        """The pods of this very Job, the oldest first; not those of a deleted one with the same name."""
        uid = uid_of(self.job)
        own = [
            pod
            for pod in self.seen.pods
            if isinstance(pod, dict) and (not uid or owner_uid(pod) in ("", uid)) and name_of(pod)
        ]
        # Of two of the same second the one that is being deleted was first.
        return sorted(own, key=lambda pod: (created_s(pod) or 0.0, not text(pod, "metadata", "deletionTimestamp")))

    @cached_property
    def events(self) -> Sequence[Event]:
        """All events, in one form."""
        return [read_event(raw) for raw in self.seen.events if isinstance(raw, dict)]

    @cached_property
    def job_events(self) -> Sequence[Event]:
        """Events about the Job, the newest last."""
        target = self.job or {"metadata": {"name": self.seen.name}}
        return about(self.events, target, "Job")

    def pod_events(self, pod: Json) -> Sequence[Event]:
        """Events about a pod, the newest last."""
        return about(self.events, pod, "Pod")

    def claim_events(self, claim: Json) -> Sequence[Event]:
        """Events about a claim, the newest last."""
        return about(self.events, claim, "PersistentVolumeClaim")

    def age_s(self, moment_s: float | None) -> float | None:
        """Returns how long ago a moment was, or None where it is not known."""
        return None if moment_s is None else max(0.0, self.now_s - moment_s)

    def unseen_because(self, what: str) -> str | None:
        """Returns why a kind of object could not be looked at, or None where it could."""
        notes = (note.partition(":") for note in strings(self.seen.unseen))
        return next((cause.strip() for kind, _, cause in notes if kind.strip() == what), None)

    def job_evidence(self, what: str, message: str, time_s: float | None = None) -> Evidence:
        """Returns evidence about the Job."""
        return Evidence(f"Job {self.seen.name}", what, message, time_s)

    def annotation(self, key: str) -> str:
        """Returns an annotation of the Job, or ""."""
        return texts(self.job, "metadata", "annotations").get(key, "")

    def label(self, key: str) -> str:
        """Returns a label of the Job, or ""."""
        return texts(self.job, "metadata", "labels").get(key, "")

    def set_key(self, key: str, change: str, *, at: str = "") -> str:
        """Returns the step that changes a config key: `set KEY CHANGE (PATH:LINE)`.

        Args:
            key: The key, or what is to be said in its place.
            change: What is to be done to it.
            at: The key whose place is told, where `key` is not one.
        """
        place = place_of(at or key, self.job, self.seen.config_maps)
        head, another_way, rest = change.partition(", or ")
        return f"set {key} {head}" + (f" ({place})" if place else "") + another_way + rest

    def cancel_command(self) -> str:
        """Returns the command that ends the job."""
        return f"cajajejo jobs cancel {shlex.quote(self.seen.name)}{self._options()}"

    def submit_command(self) -> str:
        """Returns the command that submits it anew, or "" where the Job does not say where it came from."""
        config, helm = self.annotation(CONFIG_PATH_ANNOTATION), self.annotation(HELM_CONFIG_PATH_ANNOTATION)
        if not config or not helm:
            return ""
        options = f"--path-to-config {shlex.quote(config)} --path-to-helm-config {shlex.quote(helm)}"
        return f"cajajejo jobs evaluation submit-job {options}{self._options()}"

    def then(self, *steps: str) -> list[str]:
        """Returns steps that change the config, and after them those that make the job anew."""
        anew = self.make_anew()
        return [*steps[:-1], f"{steps[-1]}, then", *anew] if anew else list(steps)

    def make_anew(self) -> list[str]:
        """Returns the steps that end this job, where it has not ended, and submit it again; none for no job yet."""
        if not self.seen.name:
            return []
        ended = any(
            text(each, "type") in ("Complete", "Failed") and text(each, "status") == "True" for each in self._conditions
        )
        submit, cancel = self.submit_command(), self.cancel_command()
        if ended:
            return [submit or "submit it again"]
        return [f"{cancel} && {submit}"] if submit else [cancel, "and submit it again"]

    def logs_command(self, container: str = "") -> str:
        """Returns the command that shows the logs."""
        option = f" --container {container}" if container in ("init", "eval") else ""
        return f"cajajejo jobs logs {shlex.quote(self.seen.name)}{self._options()}{option}"

    @cached_property
    def _conditions(self) -> Sequence[Json]:
        return list(objects(self.job, "status", "conditions"))

    def _options(self) -> str:
        namespace = self.seen.namespace
        if self.seen.options is not None:
            return self.seen.options
        return "" if namespace in ("", "default") else f" --namespace {shlex.quote(namespace)}"
