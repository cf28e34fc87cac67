"""The seed's example: the manifest that it shows, and the two configs inside it, copied by hand."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import yaml

MANIFEST = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: eval-neurips-merciful-crocodile
  namespace: default
spec:
  ttlSecondsAfterFinished: 1800
  backoffLimit: 3
  template:
    spec:
      serviceAccountName: kubernetes
      nodeSelector:
        # iam.gke.io/gke-metadata-server-enabled: "true" # Only for workload identity:
        # See: https://cloud.google.com/kubernetes-engine/docs/how-to/autopilot-gpus
        cloud.google.com/gke-accelerator: nvidia-tesla-t4
      # From: https://getindata.com/blog/deploy-open-source-llm-private-cluster-hugging-face-gke-autopilot/
      initContainers:
      - name: init
        image: europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/container-registry-neurips-2023/mlflow-skinny-gcp:da958c6a7e
        # Output path: /scratch/<GS-FOLDER-NAME>
        env:
        - name: MLFLOW_TRACKING_URI
          value: "http://10.164.0.15:5000"
        command: ["mlflow"]
        args: ["artifacts", "download", "-r", "3969f731d3f74fd19cfed62a9aa26d69", "-a", "model", "-d", "/scratch"]
        volumeMounts:
        - mountPath: "/scratch"
          name: scratch-volume
      containers:
      - name: eval
        image: europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/container-registry-neurips-2023/evaluation:latest
        command: ["python3", "cli.py"]
        args: ["--trace", "evaluate"]
        env:
        - name: CONFIG_PATH_GIT_REPO
          value: "jobs/evaluation/example.mlflow.job_config.yml"
        - name: HELM_CONFIG_PATH_GIT_REPO
          value: "jobs/evaluation/pythia_run_specs.conf"
        - name: JOB_NAME
          value: "eval-neurips-merciful-crocodile"
        - name: CONFIG_VERSION
          value: "10abfb1bf8a0fd1ff65751521daaa0cd76fbc85d"
        resources:
          limits:
            nvidia.com/gpu: "1"
          requests:
            cpu: "4"
            memory: "16Gi"
        volumeMounts:
        - name: configs-volume
          mountPath: /etc/configs
        - mountPath: "/scratch"
          name: scratch-volume
      volumes:
        - name: configs-volume
          configMap:
            name: eval-configs
        - name: scratch-volume
          ephemeral:
            volumeClaimTemplate:
              metadata:
                labels:
                  type: scratch-volume
              spec:
                accessModes: [ "ReadWriteOnce" ]
                storageClassName: "ssd"
                resources:
                  requests:
                    storage: 50Gi # TODO: make this configurable
      restartPolicy: "Never"
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: eval-configs
  namespace: default
data:
  eval_config.yml: |
    compute_config:
      accelerator: nvidia-tesla-t4
      cpu: '4'
      memory: 16Gi
    helm:
      args:
      - --max-eval-instances
      - '10'
      - --enable-local-huggingface-models
      - /scratch/model/model
      suite: v1
    image: europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/container-registry-neurips-2023/evaluation
    image_tag: latest
    mlflow_config:
      tracking_uri: http://10.164.0.15:5000
    model_config:
      gs_uri: null
      mlflow_artifact:
        artifact_path: model
        model_directory: model
        run_id: 3969f731d3f74fd19cfed62a9aa26d69
        tokenizer_directory: null
        tokenizer_hf_repo: EleutherAI/pythia-70m
    tracking_config:
      description: >
        This evaluation runs HELM on a base pythia-70m model stored in MLFlow <https://huggingface.co/EleutherAI/pythia-70m>.
      experiment_name: eval-test-debug
      run_name: null
      tags:
        creator: Jasper
        datasets:
        - dolly
        - dataset2
        lifecycle: experimental
        model: Pythia-70m
    version: v4

  run_specs.conf: |
    # Main `RunSpec`s for the benchmarking.

    entries: [

      ##### Generic #####

      ##### Question Answering #####
      # Scenarios: BoolQ, NarrativeQA, NewsQA, QuAC
      # Scenarios: NaturalQuestions
      # Scenarios: CommonsenseQA, HellaSwag, OpenBookQA, TruthfulQA
      # Scenarios: MMLU

      ## Reading comprehension

      {description: "boolq:model=huggingface/model,data_augmentation=canonical", priority: 1}
      {description: "mmlu:model=huggingface/model,subject=abstract_algebra,data_augmentation=canonical", priority: 2}
      {description: "mmlu:model=huggingface/model,subject=anatomy,data_augmentation=canonical", priority: 3}
      {description: "mmlu:model=huggingface/model,subject=college_chemistry,data_augmentation=canonical", priority: 4}

    ]

---
# See: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
#  and: https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/gce-pd-csi-driver#using_the_for_linux_clusters
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: ssd
provisioner: pd.csi.storage.gke.io
volumeBindingMode: WaitForFirstConsumer
allowVolumeExpansion: true
parameters:
  type: pd-balanced # TODO: make configurable - pd-ssd for faster storage
"""


def documents() -> list[dict[str, Any]]:
    """The three documents: Job, ConfigMap, StorageClass."""
    return list(yaml.safe_load_all(MANIFEST))


def configs() -> tuple[str, str]:
    """The job config and the run entries."""
    data = documents()[1]["data"]
    return data["eval_config.yml"], data["run_specs.conf"]
