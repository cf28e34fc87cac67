"""What the tiny model answers, by transformers itself."""

import logging
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cajajejo.weights.tiny_files import CONTEXT_TOKENS

pytestmark = pytest.mark.helm

_END, _ANSWER = 256, ord("A")
_PROMPTS = (
    "Question: Is 70 even or odd?\nA. Even\nB. Odd\nAnswer:",
    "x",
    "\n",
    " ",
    "A B A ",
    "\0\x1b[31m\u202e",
    "h\u00e4 \u6f22\u5b57 \U0001f389 \u05e2\u05d1",
    "\U0001f389" * 500,
    "lorem ipsum " * 166,
)


class Recorder(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def loaded(pristine: Path) -> Iterator[tuple[Any, Any]]:
    transformers = pytest.importorskip("transformers")
    log = logging.getLogger("transformers")
    handler = Recorder()
    log.addHandler(handler)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokenizer = transformers.AutoTokenizer.from_pretrained(pristine)
        model, info = transformers.AutoModelForCausalLM.from_pretrained(pristine, output_loading_info=True)
    log.removeHandler(handler)
    assert handler.messages == []
    assert not any(info.values()), info
    yield tokenizer, model
    model.float()


def test_every_text_survives_the_tokenizer(loaded: tuple[Any, Any]) -> None:
    tokenizer, _ = loaded
    assert tokenizer.model_max_length == CONTEXT_TOKENS
    for text in _PROMPTS:
        ids = tokenizer(text)["input_ids"]
        assert ids == list(text.encode())
        assert tokenizer.decode(ids) == text
    assert tokenizer("<|endoftext|>")["input_ids"] == [_END] == [tokenizer.eos_token_id]


@pytest.mark.parametrize("prompt", _PROMPTS, ids=lambda text: f"{len(text.encode())} bytes")
def test_the_answer_is_the_letter_and_then_the_end(loaded: tuple[Any, Any], prompt: str) -> None:
    tokenizer, model = loaded
    given = tokenizer(prompt, return_tensors="pt")
    output = model.generate(**given, do_sample=True, temperature=1e-7, max_new_tokens=5)
    assert output[0, given["input_ids"].shape[1] :].tolist() == [_ANSWER, _END]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_winner_wins_clearly_after_every_token(loaded: tuple[Any, Any], torch: Any, dtype: str) -> None:
    model = loaded[1].to(getattr(torch, dtype))
    source = random.Random(3)
    prompts = [[source.randrange(257) for _ in range(size)] for size in (1, 2, 3, 10, 10, 100, 700, CONTEXT_TOKENS)]
    prompts += [[_ANSWER] * 300, [_END] * 300, [_ANSWER, 66] * 300, [10] * 300]
    for prompt in prompts:
        with torch.no_grad():
            logits = model(torch.tensor([prompt])).logits[0].float()
        (best, second), (winner, _) = (part.T for part in logits.topk(2))
        assert winner.tolist() == [_END if token == _ANSWER else _ANSWER for token in prompt]
        assert (best - second).min() > 3
    model.float()


def test_every_logit_depends_on_what_came_before(loaded: tuple[Any, Any], torch: Any) -> None:
    model = loaded[1].float()
    with torch.no_grad():
        logits = model(torch.tensor([[72, 105, 58], [66, 121, 58]])).logits[:, -1]
    assert (logits[0] - logits[1]).abs().max() > 0.01
