from __future__ import annotations

import pytest

from cajajejo.config.grammars.uris import GS_URI, IMAGE, IMAGE_TAG, TRACKING_URI

GOOD = [
    (IMAGE, "evaluation"),
    (IMAGE, "neurips/evaluation"),
    (IMAGE, "localhost:5000/a/b-c__d.e"),
    (IMAGE, "[::1]:5000/a"),
    (IMAGE, "Registry.example.org/a"),
    (IMAGE_TAG, "latest"),
    (IMAGE_TAG, "v1.2_x-y"),
    (IMAGE_TAG, "sha256:" + "0" * 64),
    (GS_URI, "gs://bucket/model"),
    (GS_URI, "gs://my-bucket.example.org/a/b/"),
    (TRACKING_URI, "http://10.164.0.15:5000"),
    (TRACKING_URI, "https://[::1]:5000/prefix?x=a@b"),
    (TRACKING_URI, "http://host/a@b"),
    (TRACKING_URI, "sqlite:////tmp/mlflow.db"),
    (TRACKING_URI, "file:///tmp/mlruns"),
    (TRACKING_URI, "./mlruns"),
    (TRACKING_URI, "/tmp/me@home/mlruns"),
]
BAD = [
    (IMAGE, "a:b"),
    (IMAGE, "host:5000/a:b"),
    (IMAGE, "a@sha256:0"),
    (IMAGE, "a//b"),
    (IMAGE, "/a"),
    (IMAGE, "a/"),
    (IMAGE, "-a"),
    (IMAGE, "A"),
    (IMAGE, "a" * 300),
    (IMAGE, ""),
    (IMAGE_TAG, ""),
    (IMAGE_TAG, ".a"),
    (IMAGE_TAG, "a" * 129),
    (IMAGE_TAG, "a\n"),
    (IMAGE_TAG, "é"),
    (IMAGE_TAG, "sha256:" + "G" * 64),
    (GS_URI, "gs://b/x"),
    (GS_URI, "gs://bucket"),
    (GS_URI, "gs://bucket/"),
    (GS_URI, "gs://bucket//x"),
    (GS_URI, "gs://goog-bucket/x"),
    (GS_URI, "gs://my-google/x"),
    (GS_URI, "gs://192.168.0.1/x"),
    (GS_URI, "gs://a..b/x"),
    (GS_URI, "gs://bucket/*.bin"),
    (GS_URI, "s3://bucket/x"),
    (GS_URI, "bucket/x"),
    (TRACKING_URI, ""),
    (TRACKING_URI, "http://"),
    (TRACKING_URI, "http:/host"),
    (TRACKING_URI, "http://host:0"),
    (TRACKING_URI, "http://host:x"),
    (TRACKING_URI, "http://[::1"),
    (TRACKING_URI, "sqlite://"),
    (TRACKING_URI, "mysql://host/db"),
    (TRACKING_URI, "http://me@host"),
    (TRACKING_URI, "http://me:pw@host"),
    (TRACKING_URI, "me:pw@host"),
    (TRACKING_URI, "http://me:p/w@host"),
    (TRACKING_URI, "http://me:pw@host/a@b"),
]


@pytest.mark.parametrize(("grammar", "text"), GOOD)
def test_good(grammar, text):
    assert list(grammar.findings(text)) == []


@pytest.mark.parametrize(("grammar", "text"), BAD)
def test_bad(grammar, text):
    (finding,) = grammar.findings(text)
    assert finding.allowed
    assert "pw" not in finding.message


def test_credentials_name_the_variables():
    (finding,) = TRACKING_URI.findings("http://me:pw@host")
    assert finding.secret
    assert "MLFLOW_TRACKING_USERNAME" in (finding.allowed or "")
