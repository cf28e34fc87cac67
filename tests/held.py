"""A run that is held in the middle: its first entry is finished, its second one waits, its third one is to come."""

import dataclasses
import subprocess
from pathlib import Path

from cajajejo.testing import write_run_entries
from commands import Command, debug_config, run_command, wait_until

PLUGIN = Path(__file__).with_name("held_plugin.py")
HELD_ARGS = {'    - "10"': f'    - "5"\n    - --plugins\n    - {PLUGIN}'}
"""What the debug config's arguments of HELM become, so that HELM knows the entry `held`."""

ENTRIES = (
    "simple_mcqa:model=huggingface/model,data_augmentation=misspelling_mild",
    "held:model=huggingface/model",
    "dyck_language:model=huggingface/model,num_parenthesis_pairs=2",
)


class HeldRun:
    """The command for such a run. Who makes it decides when it goes on."""

    def __init__(self, root: Path, tracking: dict[str, str] | None = None) -> None:
        self._hold = root / "hold"
        self._config = debug_config(root / "job.yml", {**HELD_ARGS, **(tracking or {})})
        self._entries = write_run_entries(root / "entries.conf", ENTRIES)

    def command(self, folder: Path, *options: str) -> Command:
        """The command; a run of it is held only after `hold`."""
        command = run_command(folder, *options, config=self._config, entries=self._entries)
        return dataclasses.replace(command, environment={"CAJAJEJO_TEST_HOLD": str(self._hold)})

    def hold(self) -> "HeldRun":
        self._hold.touch()
        return self

    def wait(self, folder: Path, process: "subprocess.Popen[str]") -> None:
        """Waits until the first entry is committed and the second one is held."""
        finished, reached = folder / "finished", Path(f"{self._hold}.reached")
        wait_until(
            lambda: reached.exists() and any(not path.name.startswith(".") for path in finished.glob("*")),
            process,
            "the first entry was finished and the second one held",
        )

    def release(self) -> None:
        self._hold.unlink()
