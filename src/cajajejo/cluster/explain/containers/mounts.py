"""ConfigMaps, Secrets and keys of them that a pod's containers need and that are not there."""

from __future__ import annotations

import re
from dataclasses import replace

from cajajejo.cluster.explain.events import Event, latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, mapping, objects, strings, text
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.spelling import listed_names, nearest_of
from cajajejo.cluster.explain.verdict import Code, State, Verdict

__all__ = ["explain_config_error", "explain_mounts"]

# kubelet 1.29 to 1.35. Volumes: pkg/volume/configmap and secret; environment: makeEnvironmentVariables.
_OBJECT_MISSING = re.compile(r'\b(configmap|secret) "([^"]+)" not found')
_MOUNTED_KEY_MISSING = re.compile(r"(configmap )?references non-existent (?:config|secret) key: (\S+)")
_ENV_KEY_MISSING = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]*/(\S+)")
_VOLUME = re.compile(r'MountVolume\.SetUp failed for volume "([^"]+)"')
# While a kubelet starts to watch the pod's objects; it tries again at once.
_PASSING = re.compile(r'object "[^"]*"/"[^"]*" not registered|failed to sync (?:configmap|secret) cache')
_PROGRESS = ("Pulling", "Pulled", "Created", "Started")
_PATIENCE_S = 20.0


def explain_mounts(scene: Scene, pod: Json) -> Verdict | None:
    """Returns the verdict on a pod whose volumes cannot be mounted, or None."""
    events = scene.pod_events(pod)
    failed = latest([each for each in events if not _PASSING.search(each.message)], "FailedMount")
    progress = latest(events, *_PROGRESS)
    if failed is None or (progress is not None and (progress.last_s or 0.0) >= (failed.last_s or 0.0)):
        return None
    # "Unable to attach or mount volumes: … timed out" only repeats that something is missing; the cause came before.
    detailed = latest([each for each in events if _VOLUME.search(each.message)], "FailedMount")
    event = detailed if detailed is not None and _VOLUME.search(failed.message) is None else failed
    verdict = _by_words(scene, pod, event.message) or _other_mount(scene, event)
    return replace(verdict, since_s=event.first_s, evidence=[event.evidence()], will_retry=True)


def explain_config_error(scene: Scene, pod: Json, message: str) -> Verdict | None:
    """Returns the verdict on a container that waits with CreateContainerConfigError, or None for other causes."""
    return _by_words(scene, pod, message)


def _by_words(scene: Scene, pod: Json, message: str) -> Verdict | None:
    missing = _OBJECT_MISSING.search(message)
    if missing is not None:
        return _object_missing(scene, missing[1] == "secret", missing[2], in_env=_VOLUME.search(message) is None)
    in_env = _ENV_KEY_MISSING.search(message)
    if in_env is not None:
        return _key_missing(scene, in_env[2] == "Secret", in_env[3], in_env[1], in_env=True)
    mounted = _MOUNTED_KEY_MISSING.search(message)
    if mounted is not None:
        is_secret = "secret key" in mounted[0]
        volume = _VOLUME.search(message)
        return _key_missing(
            scene, is_secret, _source(pod, volume[1] if volume else "", is_secret), mounted[2], in_env=False
        )
    return None


def _object_missing(scene: Scene, is_secret: bool, name: str, *, in_env: bool) -> Verdict:
    kind = "Secret" if is_secret else "ConfigMap"
    seen = scene.seen.secrets if is_secret else scene.seen.config_maps
    if seen is not None and seen.get(name) is not None:
        return _by_now(f"the {kind} {name}")
    facts = [("asked", f"{kind} {name} in namespace {scene.seen.namespace}")]
    own = not is_secret and name.startswith(scene.seen.name)
    if own:
        steps = ["it belongs to the job and was deleted; make the job anew:", *scene.make_anew()]
    else:
        steps = [f"make the {kind} {name} in namespace {scene.seen.namespace}; the job goes on by itself"]
        steps += _env_steps(scene, f"to a {kind} that exists") if in_env else []
    return Verdict(
        State.STARTING,
        Code.SECRET_MISSING if is_secret else Code.CONFIG_MAP_MISSING,
        f"the {kind} {name} does not exist in namespace {scene.seen.namespace}",
        facts=facts,
        remedy=steps,
    )


def _key_missing(scene: Scene, is_secret: bool, name: str, key: str, *, in_env: bool) -> Verdict:
    kind = "Secret" if is_secret else "ConfigMap"
    keys = _keys(scene, is_secret, name)
    if keys is not None and key in keys:
        return _by_now(f"the key {key} of the {kind} {name}")
    facts = [("asked", f"key {key} of the {kind} {name or 'that is mounted'}")]
    if keys is not None:
        facts.append(("found", f"keys: {listed_names(keys)}"))
    near = nearest_of(key, keys or ())
    change = f"to the key {near}" if near else "to a key that exists"
    return Verdict(
        State.STARTING,
        Code.SECRET_KEY_MISSING if is_secret else Code.CONFIG_MAP_KEY_MISSING,
        f"the {kind} {name} has no key {key}".replace("  ", " "),
        facts=facts,
        remedy=[
            f"add the key {key} to the {kind} {name}; the job goes on by itself",
            *(_env_steps(scene, change) if in_env else []),
        ],
    )


def _env_steps(scene: Scene, change: str) -> list[str]:
    """Volumes of Secrets and ConfigMaps come from hands; variables come from the config."""
    return scene.then(f"or {scene.set_key('kubernetes_config.env', change)}")


def _keys(scene: Scene, is_secret: bool, name: str) -> list[str] | None:
    """The keys that a Secret or ConfigMap has now, or None where that was not seen."""
    if is_secret:
        found = (scene.seen.secrets or {}).get(name)
        return None if found is None else strings(found)
    config_map = (scene.seen.config_maps or {}).get(name)
    if config_map is None:
        return None
    return [*mapping(config_map, "data"), *mapping(config_map, "binaryData")]


def _source(pod: Json, volume_name: str, is_secret: bool) -> str:
    """The name of the Secret or ConfigMap that a volume shows, or "" where it shows several or none."""
    for volume in objects(pod, "spec", "volumes"):
        if text(volume, "name") != volume_name:
            continue
        direct = text(volume, "secret", "secretName") if is_secret else text(volume, "configMap", "name")
        kind = "secret" if is_secret else "configMap"
        projected = [text(each, kind, "name") for each in objects(volume, "projected", "sources") if at(each, kind)]
        return direct or (projected[0] if len(projected) == 1 else "")
    return ""


def _by_now(what: str) -> Verdict:
    return Verdict(
        State.STARTING,
        Code.STARTING,
        f"{what} was missing and exists by now; the kubelet tries again within two minutes",
        healthy=True,
    )


def _other_mount(scene: Scene, event: Event) -> Verdict:
    age_s = scene.age_s(event.first_s)
    volume = _VOLUME.search(event.message)
    if age_s is not None and age_s <= _PATIENCE_S and event.count == 1:
        return Verdict(State.STARTING, Code.STARTING, "its volumes are being mounted", healthy=True)
    return Verdict(
        State.STARTING,
        Code.VOLUME_ATTACH_FAILED,
        f"its volume {volume[1]} cannot be mounted" if volume else "its volumes cannot be mounted",
        remedy=["see what the node says:", f"kubectl describe pod {event.name} --namespace {scene.seen.namespace}"],
    )
