"""Why a harness refuses to start, as the errors that a user understands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cajajejo.config.findings import Finding
from cajajejo.errors import CajajejoError, ConfigError, DeviceError, ModelError
from cajajejo.evaluation.plan import Plan
from cajajejo.harness.contract import Refusal

__all__ = ["entry_finding", "refusal_error"]


def refusal_error(plan: Plan, data: Mapping[str, object]) -> CajajejoError:
    """Returns the error that a `refused` event stands for.

    Args:
        plan: What was asked.
        data: The event's data.

    Raises:
        KeyError, ValueError: The event is not as the contract says.
    """
    reason, message = Refusal(str(data["reason"])), str(data["message"])
    if reason is Refusal.ENTRIES:
        entries = data["entries"]
        assert isinstance(entries, list)
        return ConfigError([plan.inputs.entries.problem(entry_finding(entry)) for entry in entries])
    if reason is Refusal.ARGS:
        return ConfigError([plan.inputs.job.problem(Finding(message=message, loc=("helm", "args")))])
    if reason is Refusal.DEVICE:
        remedy = "set compute_config.accelerator to null to evaluate on the CPU, or run where a GPU is"
        return DeviceError(message, remedy=remedy)
    path = Path(plan.endpoint.path)
    return ModelError(f"{path}: {message}", path=path, remedy=f"see {plan.attempt.files.log}")


def entry_finding(entry: Mapping[str, object]) -> Finding:
    """Returns what a harness says of an entry as a finding in the run-entries file."""
    near = entry.get("suggestions")
    suggestion = ", ".join(str(name) for name in near) if isinstance(near, list) and near else None
    index = int(str(entry["index"]))
    return Finding(message=str(entry["message"]), suggestion=suggestion, loc=("entries", index, "description"))
