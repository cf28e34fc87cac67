"""Causes by which a pod has a node and its container does not run."""

import base64

from cajajejo.cluster.explain import Code, State

from .manifests import eval_of, job, pod_of, submit
from .place import Cause, Place
from .registry import registry


def _with_image(place: Place, image: str, policy: str = "IfNotPresent") -> str:
    body = job(place)
    eval_of(body).update(image=image, imagePullPolicy=policy)
    return submit(place, body)


def image_name(place: Place) -> str:
    return _with_image(place, "example.com/Evaluation:TEST:1")


def image_not_there(place: Place) -> str:
    return _with_image(place, "cajajejo.test/absent:1", "Never")


def image_not_found(place: Place) -> str:
    return _with_image(place, f"{registry(place, 404)}/evaluation:nope")


def image_not_authorized(place: Place) -> str:
    denied = '{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'
    return _with_image(place, f"{registry(place, 403, body=denied)}/evaluation:1")


def image_needs_login(place: Place) -> str:
    return _with_image(place, f"{registry(place, 401)}/evaluation:1")


def image_rate_limit(place: Place) -> str:
    return _with_image(place, f"{registry(place, 429)}/evaluation:1")


def registry_out_of_order(place: Place) -> str:
    return _with_image(place, f"{registry(place, 503)}/evaluation:1")


def registry_refuses(place: Place) -> str:
    return _with_image(place, "127.0.0.1:1/evaluation:1")


def registry_name(place: Place) -> str:
    return _with_image(place, "registry.example.invalid/evaluation:1")


def image_being_pulled(place: Place) -> str:
    return _with_image(place, f"{registry(place, 404, hang=True)}/evaluation:slow")


def config_map(place: Place) -> str:
    body = job(place)
    pod_of(body)["volumes"] = [{"name": "extra", "configMap": {"name": "settings"}}]
    eval_of(body)["volumeMounts"] = [{"name": "extra", "mountPath": "/extra"}]
    return submit(place, body)


def config_map_of_variable(place: Place) -> str:
    return _with_variable(place, {"configMapKeyRef": {"name": "settings", "key": "colour"}})


def config_map_key(place: Place) -> str:
    place.create("configmaps", {"metadata": {"name": "settings"}, "data": {"color": "blue"}})
    return _with_variable(place, {"configMapKeyRef": {"name": "settings", "key": "colour"}})


def config_map_key_of_volume(place: Place) -> str:
    place.create("configmaps", {"metadata": {"name": "settings"}, "data": {"color": "blue"}})
    items = [{"key": "colour", "path": "colour"}]
    return _with_volume(place, {"configMap": {"name": "settings", "items": items}})


def secret(place: Place) -> str:
    return _with_variable(place, {"secretKeyRef": {"name": "hub", "key": "token"}})


def secret_of_volume(place: Place) -> str:
    return _with_volume(place, {"secret": {"secretName": "hub"}})


def secret_key(place: Place) -> str:
    _make_secret(place)
    return _with_variable(place, {"secretKeyRef": {"name": "hub", "key": "token"}})


def secret_key_of_volume(place: Place) -> str:
    _make_secret(place)
    items = [{"key": "token", "path": "token"}]
    return _with_volume(place, {"secret": {"secretName": "hub", "items": items}})


def root(place: Place) -> str:
    body = job(place)
    pod_of(body)["securityContext"] = {"runAsNonRoot": True, "runAsUser": 0}
    return submit(place, body)


def no_program(place: Place) -> str:
    return submit(place, job(place, ["python4", "cli.py"], backoffLimitPerIndex=0))


def _make_secret(place: Place) -> None:
    value = base64.b64encode(b"hunter2hunter2").decode()
    place.create("secrets", {"metadata": {"name": "hub"}, "data": {"tokens": value}})


def _with_variable(place: Place, source: dict[str, object]) -> str:
    body = job(place)
    eval_of(body)["env"] = [{"name": "TOKEN", "valueFrom": source}]
    return submit(place, body)


def _with_volume(place: Place, source: dict[str, object]) -> str:
    body = job(place)
    pod_of(body)["volumes"] = [{"name": "extra", **source}]
    eval_of(body)["volumeMounts"] = [{"name": "extra", "mountPath": "/extra"}]
    return submit(place, body)


CAUSES = (
    Cause("image-name", image_name, Code.IMAGE_NAME_INVALID, State.STARTING),
    Cause("image-not-on-the-node", image_not_there, Code.IMAGE_NOT_FOUND, State.STARTING),
    Cause("image-not-found", image_not_found, Code.IMAGE_NOT_FOUND, State.STARTING, needs_node=True),
    Cause("image-not-authorized", image_not_authorized, Code.IMAGE_NOT_AUTHORIZED, State.STARTING, needs_node=True),
    Cause("image-needs-a-login", image_needs_login, Code.IMAGE_NOT_AUTHORIZED, State.STARTING, needs_node=True),
    Cause("image-rate-limit", image_rate_limit, Code.IMAGE_PULL_FAILED, State.STARTING, needs_node=True),
    Cause(
        "registry-out-of-order",
        registry_out_of_order,
        Code.IMAGE_REGISTRY_UNREACHABLE,
        State.STARTING,
        needs_node=True,
    ),
    Cause("registry-refuses", registry_refuses, Code.IMAGE_REGISTRY_UNREACHABLE, State.STARTING, needs_node=True),
    Cause("registry-name", registry_name, Code.IMAGE_REGISTRY_UNREACHABLE, State.STARTING),
    Cause("image-being-pulled", image_being_pulled, Code.PULLING_IMAGE, State.STARTING, needs_node=True),
    Cause("config-map-missing", config_map, Code.CONFIG_MAP_MISSING, State.STARTING),
    Cause("config-map-of-variable-missing", config_map_of_variable, Code.CONFIG_MAP_MISSING, State.STARTING),
    Cause("config-map-key-missing", config_map_key, Code.CONFIG_MAP_KEY_MISSING, State.STARTING),
    Cause("config-map-key-of-volume-missing", config_map_key_of_volume, Code.CONFIG_MAP_KEY_MISSING, State.STARTING),
    Cause("secret-missing", secret, Code.SECRET_MISSING, State.STARTING),
    Cause("secret-of-volume-missing", secret_of_volume, Code.SECRET_MISSING, State.STARTING),
    Cause("secret-key-missing", secret_key, Code.SECRET_KEY_MISSING, State.STARTING),
    Cause("secret-key-of-volume-missing", secret_key_of_volume, Code.SECRET_KEY_MISSING, State.STARTING),
    Cause("image-runs-as-root", root, Code.CONTAINER_CANNOT_START, State.STARTING),
    Cause("program-missing", no_program, Code.CONTAINER_CANNOT_START, State.FAILED, (Code.CONTAINER_CANNOT_START,)),
)
