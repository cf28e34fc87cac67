import json
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cajajejo.errors import ModelError
from cajajejo.weights.safetensors import check_safetensors

_GOOD = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]},
    "empty": {"dtype": "F32", "shape": [0, 7], "data_offsets": [32, 32]},
}


def encode(header: object, data: bytes = bytes(32)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def check(folder: Path, content: bytes) -> frozenset[str]:
    path = folder / "model.safetensors"
    path.write_bytes(content)
    return check_safetensors(path)


def test_a_sound_file_gives_its_tensors(tmp_path: Path) -> None:
    assert check(tmp_path, encode(_GOOD)) == {"a", "b", "empty"}


def test_types_of_less_than_a_byte(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F4", "shape": [3, 2], "data_offsets": [0, 3]}}
    assert check(tmp_path, encode(header, bytes(3))) == {"a"}


def test_a_cut_off_file_says_how_much_is_missing(tmp_path: Path) -> None:
    whole = encode(_GOOD)
    with pytest.raises(ModelError, match=f"is cut off: 7 of {len(whole)} bytes are missing") as caught:
        check(tmp_path, whole[:-7])
    assert caught.value.path == tmp_path / "model.safetensors"
    assert caught.value.remedy == "finish the download, or download the model again"


def test_a_file_cut_off_in_its_header(tmp_path: Path) -> None:
    header_bytes = len(json.dumps(_GOOD))
    with pytest.raises(ModelError, match=f"at least {header_bytes - 2} bytes are missing"):
        check(tmp_path, encode(_GOOD)[:10])


def test_a_file_cut_off_in_the_length_of_its_header(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has 5 bytes, fewer than any safetensors file"):
        check(tmp_path, encode(_GOOD)[:5])


def tensor(**changes: object) -> dict[str, object]:
    return {"a": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32], **changes}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (encode(_GOOD, bytes(33)), "it has 1 bytes more than its header tells"),
        (b"\xff" * 100, "it states a header of 18446744073709551615 bytes"),
        (struct.pack("<Q", 0) + bytes(32), "it states a header of 0 bytes"),
        (b"<html><body>not found</body></html>", "it states a header of"),
        (encode(b"{nonsense}"), "its header is not valid JSON"),
        (encode(b'{"\xff": 1}'), "its header is not valid JSON"),
        (encode(b"[" * 100_000), "its header is not valid JSON"),
        (encode(b'{"a": NaN}'), "NaN is no JSON number"),
        (encode(b'{"a": 1, "a": 2}'), "a name occurs twice"),
        (encode([]), "its header is not a JSON object"),
        (encode({}), "its header names no tensor"),
        (encode({"__metadata__": {"format": "pt"}}), "its header names no tensor"),
        (encode({"__metadata__": {"format": 1}}), "metadata"),
        (encode({"__metadata__": "pt"}), "metadata"),
        (encode({"a": 1}), "tensor a lacks"),
        (encode({"a": {"dtype": "F32", "shape": [8]}}), "tensor a lacks"),
        (encode(tensor(more=1)), "tensor a lacks"),
        (encode(tensor(dtype="F33")), "tensor a has the unknown dtype 'F33'"),
        (encode(tensor(dtype=["F32"])), "unknown dtype"),
        (
            encode(tensor(shape=[2, 3])),
            r"tensor a does not fit: F32 \[2, 3\] needs 24 bytes, but its offsets span 32",
        ),
        (encode(tensor(shape=[2, -4])), "no lists of sizes"),
        (encode(tensor(shape=[2.0, 4])), "no lists of sizes"),
        (encode(tensor(shape=[True, 8])), "no lists of sizes"),
        (encode(tensor(shape="24")), "no lists of sizes"),
        (encode(tensor(data_offsets=[0, 16, 32])), "no lists of sizes"),
        (encode(tensor(data_offsets=[-32, 0])), "no lists of sizes"),
        (encode(tensor(data_offsets=[32, 0])), "its offsets span -32"),
        (encode(tensor(data_offsets=[4, 36])), "tensor a starts at byte 4 of the data, not 0"),
        (encode({**tensor(), "b": tensor()["a"]}), "tensor b starts at byte 0 of the data, not 32"),
    ],
)
def test_what_is_damaged_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        check(tmp_path, content)
    assert caught.value.path == tmp_path / "model.safetensors"
    assert caught.value.remedy


_SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@_SHARED
@given(st.integers(0, len(encode(_GOOD)) - 1))
def test_every_cut_is_noticed(tmp_path: Path, length: int) -> None:
    with pytest.raises(ModelError):
        check(tmp_path, encode(_GOOD)[:length])


@_SHARED
@given(st.lists(st.tuples(st.integers(0, len(encode(_GOOD)) - 33), st.integers(1, 255)), min_size=1, max_size=3))
def test_flipped_bytes_are_noticed_or_leave_a_sound_file(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    content = bytearray(encode(_GOOD))
    for place, mask in flips:
        content[place] ^= mask
    try:
        names = check(tmp_path, bytes(content))
    except ModelError:
        return
    header = json.loads(content[8:-32])
    assert names == header.keys() - {"__metadata__"}
    assert max(header[name]["data_offsets"][1] for name in names) == 32


@_SHARED
@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_header_gives_names_or_a_model_error(tmp_path: Path, header: object) -> None:
    with pytest.raises(ModelError):
        check(tmp_path, encode(header))
