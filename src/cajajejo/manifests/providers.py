"""What clouds and operators call a GPU: labels of nodes, taints, resources. Pure.

Sources: Google's "About GPUs in Google Kubernetes Engine" and "Run multi-instance GPUs"; the cluster autoscaler's
README for AWS and Microsoft's "Use labels in an Azure Kubernetes Service cluster" and "Use GPUs on AKS"; NVIDIA's
"GPU Feature Discovery" and "GPU Operator with MIG".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cajajejo.config.job import ComputeConfig
from cajajejo.config.kubernetes import KubernetesConfig, Toleration

__all__ = ["GPU_RESOURCE", "PROVIDERS", "Provider", "gpu_resource", "gpu_selector", "gpu_tolerations"]

GPU_RESOURCE: Final = "nvidia.com/gpu"


@dataclass(frozen=True)
class Provider:
    """How one provider describes nodes with GPUs.

    Attributes:
        accelerator_label: The node label that names the kind of GPU.
        slice_label: The node label that names the MIG profile; None where each profile is a resource of its own.
        tolerations: Taints of nodes with GPUs that nobody else adds a toleration for.
    """

    accelerator_label: str
    slice_label: str | None = None
    tolerations: tuple[Toleration, ...] = ()

    def slice_resource(self, profile: str) -> str:
        """Returns the resource of which a pod asks slices of a GPU."""
        return GPU_RESOURCE if self.slice_label else f"nvidia.com/mig-{profile}"


_GPU_TAINT = Toleration(key=GPU_RESOURCE, operator="Exists", value=None, effect="NoSchedule", toleration_seconds=None)
_SKU_TAINT = Toleration(key="sku", operator="Equal", value="gpu", effect="NoSchedule", toleration_seconds=None)

PROVIDERS: Final[dict[str, Provider]] = {
    # GKE taints its GPU nodes with nvidia.com/gpu and adds the toleration to whatever asks for a GPU.
    "gke": Provider("cloud.google.com/gke-accelerator", "cloud.google.com/gke-gpu-partition-size"),
    # The label that the cluster autoscaler reads; with Karpenter set accelerator_label.
    "eks": Provider("k8s.amazonaws.com/accelerator", None, (_GPU_TAINT,)),
    # sku=gpu is the taint that Microsoft's instructions use.
    "aks": Provider("kubernetes.azure.com/accelerator", None, (_SKU_TAINT, _GPU_TAINT)),
    "gpu-operator": Provider("nvidia.com/gpu.product", None, (_GPU_TAINT,)),
}


def gpu_selector(compute: ComputeConfig, kubernetes: KubernetesConfig) -> dict[str, str]:
    """Returns the labels that a node with the wanted GPU has; none without an accelerator."""
    if compute.accelerator is None:
        return {}
    provider = PROVIDERS[kubernetes.provider]
    selector = {kubernetes.accelerator_label or provider.accelerator_label: compute.accelerator}
    if compute.mig_profile is not None and provider.slice_label is not None:
        selector[provider.slice_label] = compute.mig_profile
    return selector


def gpu_resource(compute: ComputeConfig, kubernetes: KubernetesConfig) -> str | None:
    """Returns the resource that the container asks for, or None without an accelerator."""
    if compute.accelerator is None:
        return None
    if compute.mig_profile is None:
        return GPU_RESOURCE
    return PROVIDERS[kubernetes.provider].slice_resource(compute.mig_profile)


def gpu_tolerations(compute: ComputeConfig, kubernetes: KubernetesConfig) -> tuple[Toleration, ...]:
    """Returns the tolerations that a pod with a GPU needs; none without an accelerator."""
    return () if compute.accelerator is None else PROVIDERS[kubernetes.provider].tolerations
