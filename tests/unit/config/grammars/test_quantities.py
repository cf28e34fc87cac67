from __future__ import annotations

import pytest

from cajajejo.config.grammars.quantities import CPU, MEMORY, bytes_of


def told(grammar, text: str) -> list[str | None]:
    return [finding.suggestion or finding.message for finding in grammar.findings(text)]


@pytest.mark.parametrize("text", ["4", "0.5", "500m", ".5", "1.", "0.001", "128"])
def test_cpu(text):
    assert told(CPU, text) == []


@pytest.mark.parametrize("text", ["", "0", "0m", "-1", "1e3", "four", "0.5m", "4 ", "4 m", "4k", "1" * 40, "1000000"])
def test_bad_cpu(text):
    assert told(CPU, text)


@pytest.mark.parametrize("text", ["16Gi", "1.5Gi", "16G", "1048576", "2000k", "512Mi", "1Ti"])
def test_memory(text):
    assert told(MEMORY, text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("16GB", '"16G"'),
        ("16GiB", '"16Gi"'),
        ("16gb", '"16G"'),
        ("16gi", '"16Gi"'),
        ("16 Gi", '"16Gi"'),
        ("16", '"16Gi"'),
        ("1.5", '"1.5Gi"'),
        ("0", '"0" is less than a mebibyte'),
        ("-16Gi", '"-16Gi" is not an amount of bytes'),
        ("", '"" is not an amount of bytes'),
        ("9999999Ei", '"9999999Ei" is more than Kubernetes can count'),
    ],
)
def test_bad_memory(text, said):
    assert told(MEMORY, text) == [said]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("16Gi", 16 * 2**30), ("1.5Gi", 3 * 2**29), ("2k", 2000), ("1.0001k", 1001), ("1048576", 2**20)],
)
def test_bytes_of(text, expected):
    assert bytes_of(text) == expected
