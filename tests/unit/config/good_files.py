"""The two files of the seed's example, as texts to start from."""

JOB = """\
version: v4
image: europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/container-registry-neurips-2023/evaluation
image_tag: da958c6a7e
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
    This evaluation runs HELM on a base pythia-70m model.
  experiment_name: eval-test-debug
  run_name: null
  tags:
    creator: Jasper
    datasets:
    - dolly
    - dataset2
"""

ENTRIES = """\
# Main `RunSpec`s for the benchmarking.

entries: [

  ##### Generic #####

  {description: "boolq:model=huggingface/model,data_augmentation=canonical", priority: 1}
  {description: "mmlu:model=huggingface/model,subject=anatomy", priority: 2, groups: ["a", b]}

]
"""
