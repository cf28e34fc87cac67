"""Job configs to Kubernetes documents, through the templates of this package. Pure."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cajajejo.pod_protocol as protocol
from cajajejo import __version__
from cajajejo.config.job import EvaluationJobConfig
from cajajejo.config.load import EvaluationInput
from cajajejo.errors import CajajejoError
from cajajejo.manifests import labels, names, providers
from cajajejo.manifests.checks import check_annotations, check_inputs
from cajajejo.manifests.document import check_texts
from cajajejo.manifests.environment import evaluation_env, weights_env
from cajajejo.manifests.quoting import Quoted, Scalar, block, key, quoted
from cajajejo.manifests.spec import UNVERSIONED, JobSpec, check_version

if TYPE_CHECKING:
    import jinja2

__all__ = ["ConfigSource", "render"]


@dataclass(frozen=True)
class ConfigSource:
    """Where the configs come from.

    Attributes:
        config_path: The job config's path in its git repository.
        helm_config_path: The path of the run entries.
        config_version: The commit, or what the user calls it; None: not known yet.
    """

    config_path: str
    helm_config_path: str
    config_version: str | None = None


@dataclass
class _Filters:
    """The only way for a value into the text; remembers which texts went in."""

    texts: list[str] = field(default_factory=list)

    def quoted(self, value: Scalar) -> Quoted:
        if isinstance(value, str):
            self.texts.append(str(value))
        return quoted(value)

    def key(self, text: str) -> Quoted:
        written = key(text)
        if written != text:
            self.texts.append(text)
        return written

    def block(self, value: str, indent: int) -> Quoted:
        self.texts.append(value)
        return block(value, indent)


def render(inputs: EvaluationInput, source: ConfigSource, *, namespace: str | None = None) -> JobSpec:
    """Returns the documents of a job: the same configs from the same place give the same bytes.

    Args:
        inputs: Both configs.
        source: Where they come from.
        namespace: Where the job goes; None for the config's namespace. It changes nothing else.

    Returns:
        The first attempt.

    Raises:
        ConfigError: Something does not fit into a cluster's objects.
        BadInputError: The config version or a path is unusable.
    """
    check_inputs(inputs)
    check_version(source.config_version or UNVERSIONED)
    values = {**_values(inputs, source), **({} if namespace is None else {"namespace": namespace})}
    check_annotations(inputs, values["annotations"])
    storage = inputs.job.value.kubernetes_config.storage
    templates = ["job.yaml.j2", "config_map.yaml.j2"]
    if storage.create_class and storage.storage_class is not None:
        templates.append("storage_class.yaml.j2")
    filters = _Filters()
    environment = _environment()
    text = "---\n".join(environment.get_template(name).render(values, filters=filters) for name in templates)
    documents = check_texts(text, filters.texts)
    return JobSpec(documents[0], documents[1], documents[2] if len(documents) > 2 else None, text)


def _values(inputs: EvaluationInput, source: ConfigSource) -> dict[str, Any]:
    """What the templates put in place."""
    job = inputs.job.value
    kubernetes, compute = job.kubernetes_config, job.compute_config
    digest = names.content_hash(inputs)
    name = names.job_name(kubernetes.name_prefix, digest)
    data = _data(inputs)
    own = _labels(job, name, digest)
    fetched = job.model_config.source.is_fetched
    image = _reference(job.image, job.image_tag)
    return {
        "name": name,
        "namespace": kubernetes.namespace,
        "kubernetes": kubernetes,
        "storage": kubernetes.storage,
        "object_labels": own,
        "pod_labels": {**own, **kubernetes.labels},
        "job_labels": {**own, **_queue(kubernetes.queue), **kubernetes.labels},
        "volume_labels": {protocol.NAME_LABEL: name, protocol.MANAGED_BY_LABEL: protocol.MANAGED_BY},
        "annotations": {**_annotations(inputs, source), **kubernetes.annotations},
        "containers": [*([protocol.WEIGHTS_CONTAINER] if fetched else []), protocol.EVALUATION_CONTAINER],
        "node_selector": {**providers.gpu_selector(compute, kubernetes), **kubernetes.node_selector},
        "tolerations": [*providers.gpu_tolerations(compute, kubernetes), *kubernetes.tolerations],
        "image": image,
        "weights_image": (kubernetes.weights_image or image) if fetched else None,
        "weights_env": weights_env(job),
        "weights_cache": kubernetes.weights_cache if fetched else None,
        "evaluation_env": evaluation_env(
            job,
            name,
            config_path=source.config_path,
            helm_config_path=source.helm_config_path,
            config_version=source.config_version or UNVERSIONED,
        ),
        "gpu_resource": providers.gpu_resource(compute, kubernetes),
        "gpus": str(compute.gpus),
        "cpu": compute.cpu,
        "memory": compute.memory,
        "config_map_name": names.config_map_name(name, data),
        "data": data,
    }


def _data(inputs: EvaluationInput) -> dict[str, str]:
    """The users' files, byte for byte."""
    return {
        protocol.CONFIG_FILE: inputs.job.source.data.decode(),
        protocol.HELM_CONFIG_FILE: inputs.entries.source.data.decode(),
    }


def _labels(job: EvaluationJobConfig, name: str, digest: str) -> dict[str, str]:
    compute = job.compute_config
    return {
        "app.kubernetes.io/name": "evaluation",
        protocol.NAME_LABEL: name,
        # A local version has a + in it, which no label may have.
        "app.kubernetes.io/version": __version__.replace("+", "_"),
        "app.kubernetes.io/part-of": protocol.MANAGED_BY,
        protocol.MANAGED_BY_LABEL: protocol.MANAGED_BY,
        protocol.CONTENT_LABEL: digest,
        protocol.ATTEMPT_LABEL: "1",
        protocol.GPUS_LABEL: str(compute.gpus if compute.accelerator is not None else 0),
    }


def _queue(queue: str | None) -> dict[str, str]:
    return {} if queue is None else {labels.QUEUE_LABEL: queue}


def _annotations(inputs: EvaluationInput, source: ConfigSource) -> dict[str, str]:
    job = inputs.job.value
    annotations = {
        labels.CONFIG_PATH_ANNOTATION: source.config_path,
        labels.HELM_CONFIG_PATH_ANNOTATION: source.helm_config_path,
        labels.TRACKING_URI_ANNOTATION: job.mlflow_config.tracking_uri,
        labels.EXPERIMENT_ANNOTATION: job.tracking_config.experiment_name,
    }
    if job.compute_config.accelerator is not None:
        line = inputs.job.position(("compute_config", "accelerator")).line
        annotations[labels.ACCELERATOR_ANNOTATION] = job.compute_config.accelerator
        annotations[labels.ACCELERATOR_LINE_ANNOTATION] = f"{source.config_path}:{line}"
    return annotations


def _reference(image: str, tag: str) -> str:
    return f"{image}@{tag}" if tag.startswith("sha256:") else f"{image}:{tag}"


@functools.lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """The templates, compiled once for all jobs; the filters of a job come with its values."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cajajejo.manifests"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - this is YAML, and `finalize` lets nothing through that is not quoted
        finalize=_only_quoted,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # With a context, so that the compiler does not work out constants beforehand, in another order.
    environment.filters["quoted"] = jinja2.pass_context(lambda job, value: job["filters"].quoted(value))
    environment.filters["key"] = jinja2.pass_context(lambda job, text: job["filters"].key(text))
    environment.filters["block"] = jinja2.pass_context(lambda job, value, indent: job["filters"].block(value, indent))
    return environment


def _only_quoted(value: object) -> object:
    if not isinstance(value, Quoted):
        raise CajajejoError("a template writes a value that is not quoted")
    return value
