"""All that can be found out before the first request: device, arguments, entries, what metrics need, the model."""

from __future__ import annotations

import argparse
import importlib.util
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cajajejo.harness.contract import FolderEndpoint, HarnessRequest, Phase, Refusal
from cajajejo.harness.helm.arguments import ArgumentsError, register_from_arguments
from cajajejo.harness.helm.entries import EntryProblem, ResolvedEntry, Weights, resolve_entries
from cajajejo.harness.helm.faults import first_line
from cajajejo.harness.helm.preparation import Downloads

__all__ = ["RefusedError", "has_torch", "load_model", "register", "require_accelerator", "resolve"]

NO_TORCH = "PyTorch is not installed here; of the evaluation images, `slim` comes without it"


class RefusedError(Exception):
    """The request cannot work.

    Attributes:
        reason: What is at fault.
        data: Further data of the `refused` event.
    """

    def __init__(self, reason: Refusal, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.data = dict(data or {})


def has_torch() -> bool:
    """Whether PyTorch is installed: models behind an API need none."""
    return importlib.util.find_spec("torch") is not None


def require_accelerator() -> None:
    """Checks that torch can use an accelerator; HELM would silently use the CPU.

    Raises:
        RefusedError: It cannot.
    """
    if not has_torch():
        raise RefusedError(Refusal.DEVICE, f"an accelerator is asked for, but {NO_TORCH}")
    import torch

    if not torch.cuda.is_available():
        built = torch.version.cuda or torch.version.hip
        why = f"this torch ({torch.__version__}) is built for {'CUDA ' + built if built else 'the CPU only'}"
        raise RefusedError(Refusal.DEVICE, f"an accelerator is asked for, but torch finds none; {why}")


def register(request: HarnessRequest, endpoint: FolderEndpoint, config_folder: Path) -> argparse.Namespace:
    """Makes the model, and what the arguments bring along, known to HELM.

    Raises:
        RefusedError: The arguments or the tokenizer cannot be used.
    """
    from helm.common.hierarchical_logger import setup_default_logging

    from cajajejo.harness.helm.registration import register_folder

    setup_default_logging()
    try:
        arguments = register_from_arguments(request.args, names=endpoint.names, folder=Path(endpoint.path))
    except ArgumentsError as error:
        traceback.print_exc()
        raise RefusedError(Refusal.ARGS, first_line(error)) from error
    config_folder.mkdir(exist_ok=True)
    try:
        register_folder(endpoint, config_folder, answers_only=Phase.INFER not in request.phases)
    except (ValueError, OSError) as error:
        traceback.print_exc()
        raise RefusedError(Refusal.MODEL, f"the tokenizer cannot be used: {first_line(error)}") from error
    return arguments


def resolve(
    request: HarnessRequest, endpoint: FolderEndpoint, arguments: argparse.Namespace, downloads: Downloads
) -> list[ResolvedEntry]:
    """Resolves the entries, and makes sure that their metrics will have what they need.

    Raises:
        RefusedError: An entry cannot be evaluated; all of them are told.
    """
    from helm.benchmark.runner import set_benchmark_output_path

    set_benchmark_output_path(request.folders.output)
    weights = Weights(endpoint.names, endpoint.fingerprint, request.code)
    entries, problems = resolve_entries(request.entries, arguments, weights)
    if Phase.SCORE in request.phases and not problems:
        problems = _needs(entries, downloads)
    if problems:
        listed = [{"index": p.index, "message": p.message, "suggestions": list(p.suggestions)} for p in problems]
        count = "one entry" if len(problems) == 1 else f"{len(problems)} entries"
        raise RefusedError(Refusal.ENTRIES, f"{count} cannot be evaluated", {"entries": listed})
    downloads.let_go()
    return entries


def _needs(entries: Sequence[ResolvedEntry], downloads: Downloads) -> list[EntryProblem]:
    from cajajejo.harness.helm.needs import missing_needs

    causes = ((entry.index, missing_needs(entry.run_spec, downloads)) for entry in entries)
    return [EntryProblem(index, cause) for index, cause in causes if cause is not None]


def load_model(runner: Any, name: str) -> None:
    """Loads the model now: one that cannot be loaded fails in seconds, with its cause.

    Raises:
        RefusedError: It cannot be loaded.
    """
    if not has_torch():
        raise RefusedError(Refusal.MODEL, f"the model cannot be loaded: {NO_TORCH}")
    try:
        runner.executor.context.client._get_client(name).load()
    except Exception as error:
        traceback.print_exc()
        message = f"the model cannot be loaded: {type(error).__name__}: {first_line(error)}"
        raise RefusedError(Refusal.MODEL, message) from error
