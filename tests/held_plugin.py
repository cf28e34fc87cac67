"""A plugin for HELM: the entry `held` waits while a file exists, so that a test can act in the middle of it."""

import os
import threading
import time
from pathlib import Path

from helm.benchmark.adaptation.common_adapter_specs import get_multiple_choice_joint_adapter_spec
from helm.benchmark.metrics.common_metric_specs import get_exact_match_metric_specs
from helm.benchmark.run_spec import RunSpec, run_spec_function
from helm.benchmark.scenarios.scenario import Instance, ScenarioSpec
from helm.benchmark.scenarios.simple_scenarios import SimpleMCQAScenario

HOLD = "CAJAJEJO_TEST_HOLD"
HELD_AT_MOST_S = 240.0


class HeldScenario(SimpleMCQAScenario):
    """The questions of `simple_mcqa`; they come once the file that the environment names is gone."""

    name = "held"

    def get_instances(self, output_path: str) -> list[Instance]:
        hold = os.environ.get(HOLD)
        if hold is not None and Path(hold).exists():
            Path(f"{hold}.reached").touch()
            _wait_while(Path(hold))
        return super().get_instances(output_path)


def _wait_while(hold: Path) -> None:
    pause, deadline = threading.Event(), time.monotonic() + HELD_AT_MOST_S
    while hold.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody removed {hold}")
        pause.wait(0.02)


@run_spec_function("held")
def held() -> RunSpec:
    return RunSpec(
        name="held",
        scenario_spec=ScenarioSpec(class_name=f"{__name__}.HeldScenario"),
        adapter_spec=get_multiple_choice_joint_adapter_spec(
            instructions="Answer with a single letter.", input_noun="Question", output_noun="Answer"
        ),
        metric_specs=get_exact_match_metric_specs(),
        groups=["held"],
    )
