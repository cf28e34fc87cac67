"""The files of the tiny model, as bytes: pure, seeded, and the same on every Python version and platform.

How it answers. Axis 0 of the hidden state belongs to two tokens: the embedding of the answer letter `A` has
+`_LEAN` there and that of the end of text -`_LEAN`; no other token, no position and no layer writes to it.
The bias of the final layer norm points along +axis 0, so the answer letter wins after every other token. Its
gain on that axis is negative and outweighs the bias where axis 0 is most of the hidden state, which is so
after the letter itself: there the end of text wins. All other weights are small random numbers, so that
attention and the MLPs compute something that depends on the whole prompt and moves every logit, but not
enough to change the winner.
"""

from __future__ import annotations

import array
import json
import random
import struct
import sys
from collections.abc import Iterator

__all__ = ["ANSWER", "CONTEXT_TOKENS", "END_OF_TEXT", "tiny_model_files"]

ANSWER = "A"
"""What the model answers to every prompt that does not end with this letter itself."""
END_OF_TEXT = "<|endoftext|>"
CONTEXT_TOKENS = 2048
"""The longest sequence, in tokens; one token is one byte of UTF-8."""

_SEED = 20240229
_WIDTH, _LAYERS, _HEADS = 64, 2, 2
_END_ID = 256
_LEAN, _GAIN, _BIAS = 2.0, -1.5, 4.0
_QUIET_GAIN = 0.25
_EMBEDDING_NOISE, _POSITION_NOISE, _WEIGHT_NOISE = 0.15, 0.05, 0.08

_Shape = tuple[int, ...]


def tiny_model_files() -> dict[str, bytes]:
    """Makes the files of a small GPT-2 with a tokenizer of single bytes, in the Hugging Face layout.

    Returns:
        File name to content, about 1 MB together.
    """
    return {
        "config.json": _json(_config()),
        "generation_config.json": _json(
            {
                "_from_model_config": True,
                "bos_token_id": _END_ID,
                "eos_token_id": _END_ID,
                "pad_token_id": _END_ID,
            }
        ),
        "model.safetensors": _safetensors(),
        "tokenizer.json": _json(_tokenizer()),
        "tokenizer_config.json": _json(_tokenizer_config()),
    }


def _json(content: object) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _config() -> dict[str, object]:
    return {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.0,
        "bos_token_id": _END_ID,
        "embd_pdrop": 0.0,
        "eos_token_id": _END_ID,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": CONTEXT_TOKENS,
        "n_embd": _WIDTH,
        "n_head": _HEADS,
        "n_layer": _LAYERS,
        "n_positions": CONTEXT_TOKENS,
        "resid_pdrop": 0.0,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "vocab_size": _END_ID + 1,
    }


def _byte_symbols() -> list[str]:
    """The printable character that stands for each byte in a byte-level BPE vocabulary, as in GPT-2."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _tokenizer() -> dict[str, object]:
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    vocabulary = {symbol: byte for byte, symbol in enumerate(_byte_symbols())}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": _END_ID, "content": END_OF_TEXT, "special": True, **_PLAIN}],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {**vocabulary, END_OF_TEXT: _END_ID},
            "merges": [],
        },
    }


_PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}


def _tokenizer_config() -> dict[str, object]:
    return {
        "add_prefix_space": False,
        "bos_token": END_OF_TEXT,
        "clean_up_tokenization_spaces": False,
        "eos_token": END_OF_TEXT,
        "model_max_length": CONTEXT_TOKENS,
        "pad_token": END_OF_TEXT,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": END_OF_TEXT,
    }


def _safetensors() -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, shape, values in _tensors():
        start = len(data)
        data += _float32(values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [start, len(data)]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    return struct.pack("<Q", len(encoded)) + encoded + bytes(data)


def _float32(values: list[float]) -> bytes:
    packed = array.array("f", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _tensors() -> Iterator[tuple[str, _Shape, list[float]]]:
    source = random.Random(_SEED)  # noqa: S311 - repeatable, not secret

    def noise(name: str, scale: float, *shape: int) -> tuple[str, _Shape, list[float]]:
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        return name, shape, [(2.0 * source.random() - 1.0) * scale for _ in range(count)]

    def norm(name: str) -> Iterator[tuple[str, _Shape, list[float]]]:
        yield f"{name}.weight", (_WIDTH,), [1.0] * _WIDTH
        yield noise(f"{name}.bias", _WEIGHT_NOISE, _WIDTH)

    def linear(name: str, inputs: int, outputs: int) -> Iterator[tuple[str, _Shape, list[float]]]:
        yield noise(f"{name}.weight", _WEIGHT_NOISE, inputs, outputs)
        yield noise(f"{name}.bias", _WEIGHT_NOISE, outputs)

    def writing(name: str, inputs: int) -> Iterator[tuple[str, _Shape, list[float]]]:
        yield from (_off_axis(*tensor) for tensor in linear(name, inputs, _WIDTH))

    yield _leaning(*noise("transformer.wte.weight", _EMBEDDING_NOISE, _END_ID + 1, _WIDTH))
    yield _off_axis(*noise("transformer.wpe.weight", _POSITION_NOISE, CONTEXT_TOKENS, _WIDTH))
    for layer in range(_LAYERS):
        block = f"transformer.h.{layer}"
        yield from norm(f"{block}.ln_1")
        yield from linear(f"{block}.attn.c_attn", _WIDTH, 3 * _WIDTH)
        yield from writing(f"{block}.attn.c_proj", _WIDTH)
        yield from norm(f"{block}.ln_2")
        yield from linear(f"{block}.mlp.c_fc", _WIDTH, 4 * _WIDTH)
        yield from writing(f"{block}.mlp.c_proj", 4 * _WIDTH)
    yield "transformer.ln_f.weight", (_WIDTH,), [_GAIN, *[_QUIET_GAIN] * (_WIDTH - 1)]
    yield "transformer.ln_f.bias", (_WIDTH,), [_BIAS, *[0.0] * (_WIDTH - 1)]


def _off_axis(name: str, shape: _Shape, values: list[float]) -> tuple[str, _Shape, list[float]]:
    """Clears what a tensor whose last dimension is the hidden state has on axis 0."""
    values[0::_WIDTH] = [0.0] * (len(values) // _WIDTH)
    return name, shape, values


def _leaning(name: str, shape: _Shape, values: list[float]) -> tuple[str, _Shape, list[float]]:
    """Leaves axis 0 of the embeddings to the answer letter and the end of text."""
    _off_axis(name, shape, values)
    values[ord(ANSWER) * _WIDTH] = _LEAN
    values[_END_ID * _WIDTH] = -_LEAN
    return name, shape, values
