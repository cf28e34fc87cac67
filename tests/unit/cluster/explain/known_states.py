"""The corpus: states of jobs, most of them recorded on a real cluster, with the verdict that is right."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cajajejo.cluster.explain import Observation
from cajajejo.cluster.explain.recording import observation_from_json

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Known:
    """A state whose verdict is known.

    Attributes:
        name: The file's name without its suffix.
        expected: The code that is right.
        state: The state that is right.
        healthy: Whether waiting is right; None where that is not settled.
        source: Where it comes from.
        observation: What was seen.
    """

    name: str
    expected: str
    state: str
    healthy: bool | None
    source: str
    observation: Observation

    @property
    def is_recorded(self) -> bool:
        """Whether it was seen on a real cluster."""
        return self.source.startswith("recorded")


def known(path: Path) -> Known:
    content: dict[str, Any] = json.loads(path.read_text())
    observation = observation_from_json(json.dumps(content["observation"]))
    return Known(path.stem, content["expected"], content["state"], content.get("healthy"), content["from"], observation)


ALL = [known(path) for path in sorted(CORPUS.glob("*.json"))]
