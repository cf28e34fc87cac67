"""The one owner of the names in a run's folder."""

from __future__ import annotations

from pathlib import Path

from cajajejo.store.base import RunStore
from cajajejo.store.folder import FolderStore

__all__ = ["AttemptFiles", "RunFolder"]


class AttemptFiles:
    """The names that belong to one attempt."""

    def __init__(self, store: RunStore, number: int) -> None:
        self.number = number
        self.prefix = f"attempt-{number}"
        self.claim = f"{self.prefix}/claim.json"
        self.end = f"{self.prefix}/end.json"
        self._store = store

    @property
    def folder(self) -> Path:
        """The attempt's folder on this machine."""
        return self._store.local_path(self.prefix)

    @property
    def request(self) -> Path:
        """What the harness is asked."""
        return self.folder / "request.json"

    @property
    def log(self) -> Path:
        """What the harness printed."""
        return self.folder / "log.txt"

    @property
    def events(self) -> Path:
        """What the harness told."""
        return self.folder / "events.jsonl"

    @property
    def samples(self) -> Path:
        """The harness's samples, before they are sealed."""
        return self.folder / "samples.jsonl"

    @property
    def harness_summary(self) -> Path:
        """The harness's own summary."""
        return self.folder / "summary.json"


class RunFolder:
    """A run's folder; the same shape on a laptop, in `/scratch` and on a cluster volume.

    ::

        run.json  run-id             what was asked, and how it ended; tells this folder's runs from others'
        attempt-1/                   claim, request, events, log of one attempt
        samples/<fingerprint>.jsonl  sealed sample records of a finished entry
        finished/<fingerprint>.json  the mark that an entry is finished, with the files it vouches for
        helm/                        the harness's own files, untouched
        cache/<weights>/             answers, reused only for the same weights
        model/                       a built-in model, made here
        complete/<request>.json      the entries of a request that was evaluated to its end
        summary.json  scores.csv     the scores, derived from the samples
        samples.jsonl                the samples of the last attempt's request, all in one file
        config/                      the two config files, as they were given
        outbox/                      what the tracker has not taken yet
        mlflow.db  artifacts/        only with --local
    """

    RUN = "run.json"
    RUN_ID = "run-id"
    SUMMARY = "summary.json"
    TABLE = "scores.csv"
    ALL_SAMPLES = "samples.jsonl"
    HARNESS_OUTPUT = "helm"
    SAMPLES = "samples"
    FINISHED = "finished"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store: RunStore = FolderStore(root)

    def attempt(self, number: int) -> AttemptFiles:
        """Returns the names of one attempt."""
        return AttemptFiles(self.store, number)

    @property
    def harness_output(self) -> Path:
        """The folder for the harness's own files."""
        return self.root / self.HARNESS_OUTPUT

    def answers(self, weights: str) -> Path:
        """Returns the folder for the model's answers."""
        return self.root / "cache" / weights[:32]

    @property
    def stamps(self) -> Path:
        """Remembers which files have been hashed."""
        return self.root / "cache" / "fingerprints.json"

    def builtin_model(self, name: str) -> Path:
        """Returns the folder of a built-in model."""
        return self.root / "model" / name

    def sealed_samples(self, fingerprint: str) -> str:
        """Returns the name of an entry's sealed samples."""
        return f"{self.SAMPLES}/{fingerprint}.jsonl"

    def finished_mark(self, fingerprint: str) -> str:
        """Returns the name of the mark that an entry is finished."""
        return f"{self.FINISHED}/{fingerprint}.json"

    def complete_mark(self, request: str) -> str:
        """Returns the name of the mark that a request was evaluated to its end."""
        return f"complete/{request}.json"

    def config_copy(self, file_name: str) -> str:
        """Returns the name of the copy of a config file."""
        return f"config/{file_name}"

    @property
    def local_tracking_database(self) -> Path:
        """MLflow's database with `--local`."""
        return self.root / "mlflow.db"
