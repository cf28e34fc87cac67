"""What a job needs outside its cluster, as far as this machine can tell: the tracker, the weights, the tokenizer."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cajajejo.cluster.doctor.check import Check, Outcome, failed, ok, skipped, warning
from cajajejo.cluster.explain.amounts import shown_amount
from cajajejo.config import EvaluationJobConfig
from cajajejo.config.grammars.quantities import bytes_of
from cajajejo.errors import BadInputError, CajajejoError, TrackerError, WeightsError
from cajajejo.redact import without_userinfo
from cajajejo.tracking.probe import probe

if TYPE_CHECKING:
    from cajajejo.weights.fetch.remote import RemoteFile, Source

__all__ = ["examine_outside", "tracker_check", "weights_check"]

_TRACKER: Final = "MLflow"
_WEIGHTS: Final = "weights"
_TOKENIZER: Final = "tokenizer"
_TRACKER_WITHIN_S: Final = 10.0
_WEIGHTS_WITHIN_S: Final = 20.0
_HERE_ONLY: Final = (None, 401, 403)
"""No answer, or no login: pods may have another way, and another login."""


def examine_outside(config: EvaluationJobConfig) -> Iterator[Check]:
    """Yields whether tracker, weights and tokenizer can be reached from here; the pods' way to them may be another.

    Args:
        config: The job config.
    """
    tracker = tracker_check(config.mlflow_config.tracking_uri)
    yield tracker
    if not config.model_config.source.is_fetched:
        return
    from cajajejo.weights.fetch.choose import model_source, tokenizer_source

    source = model_source(config.model_config, config.mlflow_config.tracking_uri)
    disk_bytes = bytes_of(config.kubernetes_config.storage.size)
    if source is not None and source.kind == "mlflow" and tracker.outcome is not Outcome.OK:
        yield skipped(_WEIGHTS, f"{source.uri}: they are in MLflow")
    elif source is not None:
        yield weights_check(source, disk_bytes)
    tokenizer = tokenizer_source(config.model_config)
    if tokenizer is not None:
        yield weights_check(tokenizer, disk_bytes, name=_TOKENIZER)


def tracker_check(tracking_uri: str, ask: Callable[[str, float], None] = probe) -> Check:
    """Returns whether the tracker answers and lets us in.

    Args:
        tracking_uri: Where the job records its results.
        ask: Raises TrackerError where that fails.
    """
    shown = without_userinfo(tracking_uri)
    parts = urlsplit(tracking_uri)
    if parts.scheme not in ("http", "https"):
        text = f"{shown} is a folder inside the pod: the results are gone with it, unless it is on a volume"
        return warning(_TRACKER, text, "set mlflow_config.tracking_uri to a server")
    if _is_this_machine(parts.hostname or ""):
        text = f"{shown} is the pod itself, when a pod asks: it would find no server there"
        return failed(_TRACKER, text, "set mlflow_config.tracking_uri to an address that pods can reach")
    try:
        ask(tracking_uri, _TRACKER_WITHIN_S)
    except TrackerError as error:
        if error.status in _HERE_ONLY:
            return warning(_TRACKER, f"{error}; pods may have another way, or another login", error.remedy)
        return failed(_TRACKER, str(error), error.remedy)
    return ok(_TRACKER, f"{shown} answers, from here")


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def weights_check(source: Source, disk_bytes: int, *, name: str = _WEIGHTS) -> Check:
    """Returns whether the weights can be listed, and whether the job's disk can hold them.

    Args:
        source: Where they are.
        disk_bytes: The size of the disk.
        name: What the check is called.
    """
    try:
        files = _within(_WEIGHTS_WITHIN_S, source.files)
    except BadInputError as error:
        return skipped(name, f"{source.uri}: {error}", error.remedy)
    except WeightsError as error:
        if error.status in _HERE_ONLY:
            return warning(name, f"{error}; pods may have another way, or another login", error.remedy)
        return failed(name, str(error), error.remedy)
    if files is None:
        return warning(name, f"{source.uri}: no answer within {_WEIGHTS_WITHIN_S:g} s; pods may have another way")
    if not files:
        return failed(name, f"there is nothing at {source.uri}", "set model_config to the folder of the model")
    total = sum(file.size_bytes or 0 for file in files)
    found = f"{source.uri} has {len(files)} {'file' if len(files) == 1 else 'files'}, {_size(total)}"
    if total >= disk_bytes:
        text = f"{found}, and the job's disk only {_size(disk_bytes)}"
        return failed(name, text, "set kubernetes_config.storage.size, with room for the results")
    return ok(name, f"{found}, as seen from here")


def _size(size_bytes: int) -> str:
    return shown_amount("storage", Decimal(size_bytes)).removesuffix(" storage")


def _within(limit_s: float, ask: Callable[[], Sequence[RemoteFile]]) -> Sequence[RemoteFile] | None:
    """What `ask` returns, or None where it takes too long: the clients keep trying for minutes."""
    answers: list[Sequence[RemoteFile]] = []
    errors: list[CajajejoError] = []

    def work() -> None:
        try:
            answers.append(ask())
        except CajajejoError as error:
            errors.append(error)

    thread = threading.Thread(target=work, name="weights-check", daemon=True)
    thread.start()
    thread.join(limit_s)
    if errors:
        raise errors[0]
    return answers[0] if answers else None
