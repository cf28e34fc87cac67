"""The same content, the same name; anything else, another one."""

from __future__ import annotations

import hashlib
import re

import pytest

from cajajejo.manifests.names import (
    JOB_NAME_LIMIT,
    attempt_name,
    config_map_name,
    content_hash,
    is_content_hash,
    job_name,
)
from cajajejo.manifests.words import ADJECTIVES, ANIMALS
from unit.config.good_files import ENTRIES, JOB


def test_names_never_change():
    # Whoever changes the words, their order or the arithmetic lets every known evaluation run again.
    assert job_name("eval-neurips", "0123456789abcdef") == "eval-neurips-defiant-oriole-0123"
    assert (len(ADJECTIVES), len(ANIMALS)) == (457, 362)


def test_the_hash_of_known_content_never_changes(inputs):
    assert content_hash(inputs()) == "ada897c8d84a5360"


@pytest.mark.parametrize(
    "change",
    [
        lambda job, entries: (job.replace("version: v4", "# a comment\nversion: v4"), entries),
        lambda job, entries: (job.replace("cpu: '4'", 'cpu: "4"'), entries),
        lambda job, entries: (job.replace("  gs_uri: null\n", ""), entries),
        lambda job, entries: (job + "quality_config: {doubtful_share: 0.05}\n", entries),
        lambda job, entries: (job + "kubernetes_config: {backoff_limit: 3, storage: {}}\n", entries),
        lambda job, entries: (job.replace("  cpu: '4'\n  memory: 16Gi\n", "  memory: 16Gi\n  cpu: '4'\n"), entries),
        lambda job, entries: (job, entries.replace("# Main", "# Other")),
        lambda job, entries: (job.replace("\n", "\r\n"), entries.replace("\n", "\r\n")),
    ],
)
def test_what_does_not_matter_changes_nothing(inputs, change):
    job, entries = change(JOB, ENTRIES)
    assert content_hash(inputs(job=job, entries=entries)) == content_hash(inputs())


@pytest.mark.parametrize(
    "change",
    [
        lambda job, entries: (job.replace("version: v4", "version: v5"), entries),
        lambda job, entries: (job.replace("da958c6a7e", "da958c6a7f"), entries),
        lambda job, entries: (job + "kubernetes_config: {backoff_limit: 2}\n", entries),
        lambda job, entries: (job + "kubernetes_config: {tolerations: [{operator: Exists}]}\n", entries),
        lambda job, entries: (job + "kubernetes_config: {env: {A: b}}\n", entries),
        lambda job, entries: (job.replace("creator: Jasper", "creator: 1"), entries),
        lambda job, entries: (job, entries.replace("priority: 1", "priority: 3")),
        lambda job, entries: (job, entries.replace('groups: ["a", b]', "")),
        lambda job, entries: (job, entries.replace("anatomy", "astronomy")),
    ],
)
def test_what_matters_changes_the_name(inputs, change):
    job, entries = change(JOB, ENTRIES)
    assert content_hash(inputs(job=job, entries=entries)) != content_hash(inputs())


def test_a_text_is_not_a_number(inputs):
    tags = "tags:\n    creator: Jasper"
    hashes = {
        content_hash(inputs(job=JOB.replace(tags, f"tags:\n    creator: {value}")))
        for value in ("1", "'1'", "1.0", "true", "null", "[1]", "{a: 1}")
    }
    assert len(hashes) == 7


def test_names_are_dns_labels_with_room_for_attempts_and_pods():
    words = [max(ADJECTIVES, key=len), max(ANIMALS, key=len)]
    longest = attempt_name("-".join(["p" * 24, *words, "0123"]), 999)
    assert len(longest) <= JOB_NAME_LIMIT
    assert len(f"{longest}-0-abcde") <= 63
    for word in (*ADJECTIVES, *ANIMALS):
        assert re.fullmatch("[a-z]{2,10}", word)
    assert len(set(ADJECTIVES)) == len(ADJECTIVES)
    assert len(set(ANIMALS)) == len(ANIMALS)


def test_five_thousand_jobs_have_as_many_names():
    digests = [hashlib.sha256(b"%d" % number).hexdigest()[:16] for number in range(5000)]
    assert len({job_name("eval-neurips", digest) for digest in digests}) == 5000
    assert all(is_content_hash(digest) for digest in digests)
    assert not is_content_hash("0123")


def test_a_config_map_has_another_name_for_other_texts():
    names = {
        config_map_name("job", data) for data in ({"a": "x", "b": "y"}, {"b": "y", "a": "x"}, {"a": "xb", "b": "y"})
    }
    assert len(names) == 2
    assert all(re.fullmatch("job-[0-9a-f]{8}", name) for name in names)
