from cajajejo.weights.fetch.remote import RemoteFile
from cajajejo.weights.fetch.selection import select


def kept(*names: str, all_files: bool = False, leave_out: tuple[str, ...] = ()) -> list[str]:
    chosen = select([RemoteFile(name, 1) for name in names], all_files=all_files, leave_out=leave_out)
    assert {item.file.name for item in chosen.left_out} | {file.name for file in chosen.files} == set(names)
    assert all(item.reason for item in chosen.left_out)
    return [file.name for file in chosen.files]


MODEL = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer.model", "generation_config.json")


def test_a_plain_model_is_fetched_whole() -> None:
    assert kept(*MODEL) == [*MODEL]


def test_the_state_of_a_training_is_left_out() -> None:
    state = (
        "optimizer.pt",
        "scheduler.pt",
        "rng_state_0.pth",
        "training_args.bin",
        "global_step10/mp_rank_00_model_states.pt",
    )
    assert kept(*MODEL, *state) == [*MODEL]


def test_other_formats_are_left_out_beside_safetensors() -> None:
    others = (
        "pytorch_model.bin", "pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json", "tf_model.h5",
        "flax_model.msgpack", "rust_model.ot", "onnx/model.onnx", "model-q4.gguf", "original/consolidated.00.pth",
        "consolidated.safetensors",
    )  # fmt: skip
    assert kept(*MODEL, *others) == [*MODEL]
    assert kept(*MODEL, *others, all_files=True) == [*MODEL, *others]


def test_torch_is_kept_where_there_is_nothing_better() -> None:
    assert kept("config.json", "pytorch_model.bin", "tf_model.h5") == ["config.json", "pytorch_model.bin"]


def test_another_format_is_kept_where_there_is_nothing_else() -> None:
    assert kept("model.gguf", "config.json") == ["model.gguf", "config.json"]


def test_each_folder_is_looked_at_by_itself() -> None:
    names = (
        "MLmodel",
        "model/config.json",
        "model/model.safetensors",
        "other/pytorch_model.bin",
        "components/tokenizer/vocab.json",
    )
    assert kept(*names) == [*names]
    assert kept("checkpoint-5/model.safetensors", "checkpoint-5/optimizer.pt") == ["checkpoint-5/model.safetensors"]


def test_what_is_asked_to_be_left_out_is() -> None:
    assert kept(*MODEL, "extra/a.txt", leave_out=("extra/*", "*.model")) == [
        name for name in MODEL if name != "tokenizer.model"
    ]
