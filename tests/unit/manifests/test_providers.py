"""Who labels the nodes decides how a pod asks for a GPU."""

from __future__ import annotations

import pytest

from unit.config.good_files import JOB

SLICED = JOB.replace("  cpu: '4'", "  mig_profile: 1g.5gb\n  cpu: '4'")


def asked(spec) -> tuple[object, object, object]:
    pod = spec.job["spec"]["template"]["spec"]
    tolerated = [item["key"] for item in pod.get("tolerations", [])]
    return pod["nodeSelector"], tolerated, pod["containers"][0]["resources"]["limits"]


@pytest.mark.parametrize(
    ("provider", "label", "tolerated"),
    [
        ("gke", "cloud.google.com/gke-accelerator", []),
        ("eks", "k8s.amazonaws.com/accelerator", ["nvidia.com/gpu"]),
        ("aks", "kubernetes.azure.com/accelerator", ["sku", "nvidia.com/gpu"]),
        ("gpu-operator", "nvidia.com/gpu.product", ["nvidia.com/gpu"]),
    ],
)
def test_whole_gpus(rendered, provider, label, tolerated):
    spec = rendered(f"kubernetes_config: {{provider: {provider}}}\n")
    assert asked(spec) == ({label: "nvidia-tesla-t4"}, tolerated, {"nvidia.com/gpu": "1"})


def test_slices_on_gke_are_gpus_of_sliced_nodes(rendered):
    selector, _, limits = asked(rendered(job=SLICED))
    assert selector["cloud.google.com/gke-gpu-partition-size"] == "1g.5gb"
    assert limits == {"nvidia.com/gpu": "1"}


@pytest.mark.parametrize("provider", ["eks", "aks", "gpu-operator"])
def test_slices_elsewhere_are_resources_of_their_own(rendered, provider):
    selector, _, limits = asked(rendered(f"kubernetes_config: {{provider: {provider}}}\n", job=SLICED))
    assert len(selector) == 1
    assert limits == {"nvidia.com/mig-1g.5gb": "1"}


def test_another_label_names_the_gpu(rendered):
    more = "kubernetes_config: {provider: eks, accelerator_label: karpenter.k8s.aws/instance-gpu-name}\n"
    assert asked(rendered(more))[0] == {"karpenter.k8s.aws/instance-gpu-name": "nvidia-tesla-t4"}
