from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.weights.cache.layout import EntryId, content_digest
from cajajejo.weights.fetch.remote import RemoteFile

KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)


def test_names_can_be_read() -> None:
    entry = EntryId("hf", "EleutherAI/pythia-70m", "c0ffee-123")
    assert entry.folder(Path("/c")) == Path("/c/hf/EleutherAI%2Fpythia-70m/c0ffee-123")


@given(KEYS, KEYS, KEYS)
def test_no_key_leaves_its_folder_and_no_two_share_one(key: str, other: str, revision: str) -> None:
    folder = EntryId("gs", key, revision).folder(Path("/c"))
    assert len(folder.parts) == 5
    assert not any(part.startswith(".") or len(part.encode()) > 255 for part in folder.parts)
    assert (EntryId("gs", other, revision).folder(Path("/c")) == folder) == (key == other)


def test_a_digest_is_about_content_and_not_about_order() -> None:
    one, two = RemoteFile("a", 1, version="1"), RemoteFile("b", 2)
    assert content_digest([one, two]) == content_digest([two, one])
    assert len({content_digest(files) for files in ([one], [two], [RemoteFile("a", 1, version="2")], [])}) == 4
