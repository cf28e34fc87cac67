"""Annotations of our objects that people and `jobs why` read, and the labels beyond those of the pod protocol. Pure."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ACCELERATOR_ANNOTATION",
    "ACCELERATOR_LINE_ANNOTATION",
    "CONFIG_PATH_ANNOTATION",
    "DISRUPTIONS_ANNOTATION",
    "EXPERIMENT_ANNOTATION",
    "FAILURES_ANNOTATION",
    "HELM_CONFIG_PATH_ANNOTATION",
    "QUEUE_LABEL",
    "TRACKING_URI_ANNOTATION",
]

CONFIG_PATH_ANNOTATION: Final = "cajajejo/config-path"
"""The job config's path in its git repository."""
HELM_CONFIG_PATH_ANNOTATION: Final = "cajajejo/helm-config-path"
TRACKING_URI_ANNOTATION: Final = "cajajejo/tracking-uri"
EXPERIMENT_ANNOTATION: Final = "cajajejo/experiment"
ACCELERATOR_ANNOTATION: Final = "cajajejo/accelerator"
"""Kind of GPU, as the config has it; absent without one."""
ACCELERATOR_LINE_ANNOTATION: Final = "cajajejo/config-line-accelerator"
"""`<path>:<line>` of the accelerator in the job config, for a remedy that says where to change it."""

QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
"""Kueue's LocalQueue; the only thing of Kueue's that is ours to set."""

FAILURES_ANNOTATION: Final = "batch.kubernetes.io/job-index-failure-count"
DISRUPTIONS_ANNOTATION: Final = "batch.kubernetes.io/job-index-ignored-failure-count"
"""The Job controller's count of pods lost to disruptions, on each new pod of an Indexed Job with a limit per index."""
