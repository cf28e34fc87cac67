from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cajajejo.redact import MASK, Redactor, without_userinfo

secrets = st.text(st.characters(blacklist_characters="*", blacklist_categories=("Cs",)), min_size=6, max_size=40)


@settings(deadline=None)
@given(
    secrets, st.text(max_size=30), st.text(max_size=30), st.sampled_from(["HF_TOKEN", "my_password", "AWS_SECRET_X"])
)
def test_a_secret_never_survives(secret, before, after, name):
    redacted = Redactor({name: secret}).redact(before + secret + after)
    assert secret not in redacted


@settings(deadline=None)
@given(st.text(max_size=200))
def test_text_without_secrets_stays(text):
    assume("://" not in text)
    assert Redactor({"HOME": "/root", "A_TOKEN": "abc"}).redact(text) == text


def test_several_secrets_and_their_spellings_are_masked():
    redactor = Redactor({"A_TOKEN": "s3cret/+x", "B_API_KEY": "s3cret/+xyz", "URL": "https://me:hunter22@host/x"})
    text = "s3cret/+xyz s3cret%2F%2Bx hunter22 https://other:pw@h/p?q=1"
    assert redactor.redact(text) == f"{MASK} {MASK} {MASK} https://{MASK}@h/p?q=1"


def test_every_line_of_a_private_key_is_masked():
    key = "-----BEGIN-----\nabcdefgh\nijklmnop\n-----END-----"
    redacted = Redactor({"DEPLOY_PRIVATE_KEY": key}).redact(f"x {key!r} y\nijklmnop")
    assert "abcdefgh" not in redacted
    assert "ijklmnop" not in redacted


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://me:pw@host:1/x?y=a@b", "https://host:1/x?y=a@b"),
        ("https://me@host", "https://host"),
        ("https://a@b:pw@host/", "https://host/"),
        ("sqlite:////tmp/a@b.db", "sqlite:////tmp/a@b.db"),
        ("mail me@home", "mail me@home"),
        ("postgresql+psycopg2://u:p@h/db", "postgresql+psycopg2://h/db"),
    ],
)
def test_the_user_part_leaves_an_address(uri, shown):
    assert without_userinfo(uri) == shown


def test_long_texts_are_cheap():
    redactor = Redactor({f"TOKEN_{i}": f"secret-number-{i}" for i in range(20)})
    text = "an ordinary line of a log, with https://host/path in it\n" * 20_000
    start = time.perf_counter()
    assert redactor.redact(text) == text
    assert time.perf_counter() - start < 5
