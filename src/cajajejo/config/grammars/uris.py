"""Grammars of what points elsewhere: images, buckets, tracking servers."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from cajajejo.config.base import Grammar
from cajajejo.config.findings import Finding, listed, shown, spelled
from cajajejo.config.suggest import nearest

__all__ = ["GS_URI", "IMAGE", "IMAGE_REFERENCE", "IMAGE_TAG", "MODELS_URI", "MUTABLE_TAG", "TRACKING_URI"]

MUTABLE_TAG = "latest"
"""The tag that registries move to whatever was pushed last."""

_HOST = r"(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
_DOMAIN = rf"(?:{_HOST}(?:\.{_HOST})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
_IMAGE_LENGTH = 255


def _image_fault(text: str) -> Finding | str | None:
    if not text:
        return "the text is empty"
    name, at, _ = text.partition("@")
    last = name.rpartition("/")[2]
    if at or ":" in last:
        what = "a digest" if at else "a tag"
        return Finding(f"{shown(text)} holds {what}", f"the image's name alone: {what} belongs in image_tag")
    if "://" in text:
        return Finding(f"{shown(text)} begins with a scheme", suggestion=spelled(text.partition("://")[2]))
    if len(text) > _IMAGE_LENGTH:
        return f"{shown(text)} has more than {_IMAGE_LENGTH} characters"
    if _IMAGE.fullmatch(text):
        return None
    lowered = text.lower()
    near = spelled(lowered) if lowered != text and _IMAGE.fullmatch(lowered) else None
    return Finding(f"{shown(text)} is not the name of an image", suggestion=near)


IMAGE = Grammar(
    "registry/path/name in lower-case letters, digits and . _ -, such as ghcr.io/project/evaluation",
    _image_fault,
    rf"^(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*$",
)
"""The name of an image without tag and digest (OCI distribution: `reference`)."""


def _tag_fault(text: str) -> Finding | str | None:
    if not text:
        return "the text is empty"
    if re.fullmatch(f"{_TAG}|{_DIGEST}", text, re.ASCII):
        return None
    if text.startswith((":", "@")):
        return Finding(f"{shown(text)} begins with {text[0]}", suggestion=spelled(text[1:]))
    if text.startswith("sha256:"):
        return Finding(f"{shown(text)} is not a digest", "sha256: and 64 lower-case hexadecimal digits")
    return f"{shown(text)} is not a tag"


IMAGE_TAG = Grammar(
    "at most 128 letters, digits and _ . - with no dot or dash first, or sha256: and 64 hexadecimal digits",
    _tag_fault,
    rf"^({_TAG}|{_DIGEST})$",
)
"""The tag or digest of an image (OCI distribution, "Pulling manifests")."""


def _reference_fault(text: str) -> Finding | str | None:
    name, at, digest = text.partition("@")
    before, colon, tag = name.rpartition(":")
    if at:
        return _image_fault(name) or _tag_fault(digest)
    if not colon or "/" in tag:
        return Finding(f"{shown(text)} has neither tag nor digest", suggestion=spelled(f"{text}:0.1.0"))
    return _image_fault(before) or _tag_fault(tag)


IMAGE_REFERENCE = Grammar(
    "an image with its tag or digest, such as ghcr.io/project/weights:0.1.0",
    _reference_fault,
    rf"^(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*(:{_TAG}|@{_DIGEST})$",
)
"""An image with its tag or digest."""


def _bucket_fault(bucket: str) -> str | None:
    longest = 222 if "." in bucket else 63
    if not 3 <= len(bucket) <= longest or any(len(part) > 63 for part in bucket.split(".")):
        return f"the bucket name {shown(bucket)} must have 3 to 63 characters"
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*[a-z0-9]", bucket) or ".." in bucket:
        return f"the bucket name {shown(bucket)} may have lower-case letters, digits, - _ . only"
    if bucket.startswith("goog") or "google" in bucket or "g00gle" in bucket:
        return f"the bucket name {shown(bucket)} may neither begin with goog nor contain google"
    try:
        ipaddress.IPv4Address(bucket)
    except ValueError:
        return None
    return f"the bucket name {shown(bucket)} may not be an IP address"


def _gs_fault(text: str) -> Finding | str | None:
    if not text.startswith("gs://"):
        near = (
            shown("gs://" + re.sub(r"^[A-Za-z0-9+]*:?/*", "", text)) if re.match(r"(?i)(gs|gcs|s3):/", text) else None
        )
        return Finding(f"{shown(text)} is not a URI of Google Cloud Storage", suggestion=near)
    bucket, _, path = text.removeprefix("gs://").partition("/")
    fault = _bucket_fault(bucket)
    if fault:
        return fault
    parts = path.removesuffix("/").split("/")
    if parts == [""]:
        return f"{shown(text)} has no path after the bucket"
    if any(part in ("", ".", "..") for part in parts):
        return f"{shown(text)} has an empty part, . or .. in its path"
    if re.search(r"[\s?*\[\]#\x00-\x1f]", path) or len(path.encode("utf-8", "replace")) > 1024:
        return f"{shown(path)} is not the path of one folder in a bucket"
    return None


GS_URI = Grammar("gs://bucket/path", _gs_fault, r"^gs://[a-z0-9][a-z0-9._-]+[a-z0-9]/.+$")
"""A folder in a bucket (Google Cloud Storage: "Bucket names", "Object names")."""


def _models_fault(text: str) -> Finding | str | None:
    if not text.startswith("models:/") or text.startswith("models://"):
        rest = re.sub(r"^[A-Za-z]*:?/*", "", text)
        near = spelled(f"models:/{rest}") if re.fullmatch(r"[^/@]+(/[0-9]+|@.+)", rest) else None
        return Finding(f"{shown(text)} is not the URI of a registered model", suggestion=near)
    rest = text.removeprefix("models:/")
    name, at, alias = rest.partition("@")
    if at:
        right = bool(re.fullmatch(r"[\w-]+", alias, re.ASCII)) and not re.fullmatch(r"v[0-9]+", alias)
        fault = None if right else f"{shown(alias)} is not an alias"
    else:
        name, _, version = rest.rpartition("/")
        fault = None if re.fullmatch(r"[1-9][0-9]*", version) else f"{shown(text)} names neither version nor alias"
    if fault is None and (not name or re.search(r"[/:\x00-\x1f]", name)):
        return f"{shown(name)} is not the name of a registered model"
    return fault


MODELS_URI = Grammar(
    "models:/name/version or models:/name@alias", _models_fault, r"^models:/[^/:@]+(/[1-9][0-9]*|@.+)$"
)
"""A version of a registered model (MLflow: `_parse_model_uri`, `_validate_model_name`)."""

_SCHEMES = ("http", "https", "file", "sqlite")
_CREDENTIALS = "the environment variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD carry them"


def _tracking_fault(text: str) -> Finding | str | None:
    if not text.strip():
        return "the text is empty"
    if _has_credentials(text):
        # A config ends up in a ConfigMap and among the artifacts of the run. The message shows nothing of it.
        return Finding("a user name or password may not stand in the URI", _CREDENTIALS, secret=True)
    if re.search(r"[\s\x00-\x1f]", text):
        return "the URI has a space or a line end"
    scheme, separator, rest = text.partition(":")
    if not separator or "/" in scheme:
        return None
    if scheme.lower() not in _SCHEMES:
        near = nearest(scheme, _SCHEMES)
        return Finding(f"the scheme {shown(scheme)} is not supported", suggestion=near and spelled(f"{near}:{rest}"))
    if scheme.lower() in ("http", "https"):
        return _web_fault(text)
    return None if rest.strip("/") else "the scheme must be followed by a path"


def _has_credentials(text: str) -> bool:
    """Whether a user name or password stands before an @; a path or query may have an @ of its own."""
    before, at, _ = text.partition("?")[0].rpartition("@")
    if not at:
        return False
    _, scheme_end, rest = before.partition("://")
    if not scheme_end:
        return ":" in before
    authority, slash, _ = rest.partition("/")
    # Before a slash that belongs to a password stands something that is no port.
    return not slash or "@" in authority or bool(re.search(r":(?![0-9]*$)", re.sub(r"\[.*\]", "", authority)))


def _web_fault(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the host or the port of the URI is not valid"
    if not text.lower().startswith(("http://", "https://")) or not host:
        return "the URI has no host"
    return "the port of the URI is not valid" if port == 0 else None


TRACKING_URI = Grammar(f"a URI with one of the schemes {listed(_SCHEMES)}, or the path of a folder", _tracking_fault)
"""Where MLflow records (MLflow: `set_tracking_uri`)."""
