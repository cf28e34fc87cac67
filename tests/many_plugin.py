"""A plugin for HELM: the entry `many:questions=N` asks that many different questions, made here."""

from helm.benchmark.adaptation.common_adapter_specs import get_multiple_choice_joint_adapter_spec
from helm.benchmark.metrics.common_metric_specs import get_exact_match_metric_specs
from helm.benchmark.run_spec import RunSpec, run_spec_function
from helm.benchmark.scenarios.scenario import (
    CORRECT_TAG,
    TEST_SPLIT,
    TRAIN_SPLIT,
    Input,
    Instance,
    Output,
    Reference,
    Scenario,
    ScenarioSpec,
)


class ManyScenario(Scenario):  # type: ignore[misc]
    """Which of two numbers is larger."""

    name = "many"
    description = "Which of two numbers is larger."
    tags = ("question_answering",)

    def __init__(self, questions: int) -> None:
        super().__init__()
        self._questions = int(questions)

    def get_instances(self, output_path: str) -> list[Instance]:
        splits = [TRAIN_SPLIT] * 5 + [TEST_SPLIT] * self._questions
        return [self._instance(number, split) for number, split in enumerate(splits)]

    def _instance(self, number: int, split: str) -> Instance:
        larger, smaller = number + 7, number % 7
        references = [
            Reference(Output(str(larger)), tags=[CORRECT_TAG]),
            Reference(Output(str(smaller)), tags=[]),
        ]
        order = references if number % 2 else references[::-1]
        return Instance(Input(f"Which is larger, {larger} or {smaller}?"), references=order, split=split)


@run_spec_function("many")
def many(questions: int) -> RunSpec:
    return RunSpec(
        name=f"many:questions={questions}",
        scenario_spec=ScenarioSpec(class_name=f"{__name__}.ManyScenario", args={"questions": questions}),
        adapter_spec=get_multiple_choice_joint_adapter_spec(
            instructions="Answer with a single letter.", input_noun="Question", output_noun="Answer"
        ),
        metric_specs=get_exact_match_metric_specs(),
        groups=["many"],
    )
