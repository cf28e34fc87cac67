"""Bad configs and every word of what is said about them.

Each case is a name, a text of the good file, what stands there instead (None: instead of the whole file), and the
headlines of all problems without the file's name.
"""
# ruff: noqa: E501

from __future__ import annotations

BAD_JOBS: tuple[tuple[str, str | None, str, tuple[str, ...]], ...] = (
    (
        "unknown_top_key",
        "version: v4",
        "version: v4\nimage_tga: x",
        (
            '2:1: image_tga: this key is not known; allowed are version, image, image_tag, compute_config, helm, mlflow_config, model_config, tracking_config, quality_config, kubernetes_config; did you mean "image_tag"?',
        ),
    ),
    (
        "unknown_nested_key",
        "  cpu: ",
        "  cpus: ",
        (
            "4:1: compute_config.cpu: this key is missing; it must be given",
            '6:3: compute_config.cpus: this key is not known; allowed are accelerator, gpus, mig_profile, cpu, memory; did you mean "cpu"?',
        ),
    ),
    (
        "unknown_key_nothing_near",
        "  suite: v1",
        "  suite: v1\n  zzzzzz: 1",
        ("15:3: helm.zzzzzz: this key is not known; allowed are args, suite",),
    ),
    (
        "dashes_in_key",
        "image_tag:",
        "image-tag:",
        (
            "1:1: image_tag: this key is missing; it must be given",
            '3:1: image-tag: this key is not known; allowed are version, image, image_tag, compute_config, helm, mlflow_config, model_config, tracking_config, quality_config, kubernetes_config; did you mean "image_tag"?',
        ),
    ),
    (
        "key_in_capitals",
        "  memory: 16Gi",
        "  Memory: 16Gi",
        (
            "4:1: compute_config.memory: this key is missing; it must be given",
            '7:3: compute_config.Memory: this key is not known; allowed are accelerator, gpus, mig_profile, cpu, memory; did you mean "memory"?',
        ),
    ),
    ("missing_nested", "  memory: 16Gi\n", "", ("4:1: compute_config.memory: this key is missing; it must be given",)),
    ("missing_top", "version: v4\n", "", ("1:1: version: this key is missing; it must be given",)),
    (
        "mapping_missing_value",
        "mlflow_config:\n  tracking_uri: http://10.164.0.15:5000",
        "mlflow_config:",
        ("15:15: mlflow_config: nothing stands where a mapping is meant; it has the keys tracking_uri, retry_for_s",),
    ),
    (
        "list_for_mapping",
        "mlflow_config:\n  tracking_uri: http://10.164.0.15:5000",
        "mlflow_config: [a]",
        ("15:16: mlflow_config: a list stands where a mapping is meant; it has the keys tracking_uri, retry_for_s",),
    ),
    (
        "text_for_list",
        "  args:\n  - --max-eval-instances\n  - '10'\n  - --enable-local-huggingface-models\n  - /scratch/model/model\n",
        "  args: --max-eval-instances 10\n",
        (
            "9:9: helm.args: \"--max-eval-instances 10\" stands where a list is meant; put each item on its own line after '- '",
        ),
    ),
    (
        "mapping_for_text",
        "version: v4",
        "version: {a: b}",
        ("1:10: version: a mapping stands where a single value is meant",),
    ),
    (
        "duplicate_key",
        "  memory: 16Gi",
        "  memory: 16Gi\n  cpu: 5",
        ("8:3: compute_config.cpu: this key is already on line 6; each key once",),
    ),
    (
        "duplicate_top_key",
        "helm:",
        "image_tag: x1\nhelm:",
        ("8:1: image_tag: this key is already on line 3; each key once",),
    ),
    (
        "number_as_key",
        "version: v4",
        "version: v4\n1.5: x",
        (
            '2:1: "1.5": YAML reads 1.5 as a number, 1.5, not as text; put it in quotes: "1.5"',
            '2:1: "1.5": this key is not known; allowed are version, image, image_tag, compute_config, helm, mlflow_config, model_config, tracking_config, quality_config, kubernetes_config',
        ),
    ),
    (
        "boolean_as_key",
        "    creator:",
        "    no:",
        ('31:5: tracking_config.tags.no: YAML reads no as a truth value, false, not as text; put it in quotes: "no"',),
    ),
    (
        "list_as_key",
        "version: v4",
        "version: v4\n[a, b]: x",
        ("2:1: a list stands where a key is meant; a key is text",),
    ),
    (
        "no_as_text",
        "version: v4",
        "version: no",
        ('1:10: version: YAML reads no as a truth value, false, not as text; put it in quotes: "no"',),
    ),
    (
        "on_as_text",
        "  suite: v1",
        "  suite: on",
        ('14:10: helm.suite: YAML reads on as a truth value, true, not as text; put it in quotes: "on"',),
    ),
    (
        "float_as_text",
        "version: v4",
        "version: 1.10",
        ('1:10: version: YAML reads 1.10 as a number, 1.1, not as text; put it in quotes: "1.10"',),
    ),
    (
        "octal_as_text",
        "image_tag: da958c6a7e",
        "image_tag: 012",
        ('3:12: image_tag: YAML reads 012 as a whole number, 10, not as text; put it in quotes: "012"',),
    ),
    (
        "underscores_as_text",
        "version: v4",
        "version: 1_000",
        ('1:10: version: YAML reads 1_000 as a whole number, 1000, not as text; put it in quotes: "1_000"',),
    ),
    (
        "exponent_as_text",
        "image_tag: da958c6a7e",
        "image_tag: 12e5",
        ('3:12: image_tag: some YAML readers take 12e5 for a number; put it in quotes: "12e5"',),
    ),
    (
        "time_as_text",
        "version: v4",
        "version: 12:30:45",
        ('1:10: version: YAML reads 12:30:45 as a whole number, 45045, not as text; put it in quotes: "12:30:45"',),
    ),
    (
        "date_as_text",
        "version: v4",
        "version: 2023-10-27",
        ('1:10: version: YAML reads 2023-10-27 as a date or time, not as text; put it in quotes: "2023-10-27"',),
    ),
    (
        "tilde_as_text",
        "version: v4",
        "version: ~",
        ('1:10: version: YAML reads ~ as nothing (null), not as text; put it in quotes: "~"',),
    ),
    (
        "null_as_text",
        "version: v4",
        "version: null",
        ('1:10: version: YAML reads null as nothing (null), not as text; put it in quotes: "null"',),
    ),
    ("empty_as_text", "version: v4", "version:", ("1:9: version: the value is missing; it must be given",)),
    (
        "quoted_empty",
        "version: v4",
        'version: ""',
        ("1:10: version: the text is empty; text of at most 250 characters",),
    ),
    (
        "hex_as_text",
        "version: v4",
        "version: 0x1F",
        ('1:10: version: YAML reads 0x1F as a whole number, 31, not as text; put it in quotes: "0x1F"',),
    ),
    (
        "float_in_args",
        "  - '10'",
        "  - 1.0",
        ('11:5: helm.args[1]: YAML reads 1.0 as a number, 1.0, not as text; put it in quotes: "1.0"',),
    ),
    (
        "no_in_args",
        "  - '10'",
        "  - no",
        ('11:5: helm.args[1]: YAML reads no as a truth value, false, not as text; put it in quotes: "no"',),
    ),
    (
        "number_quoted",
        "  cpu: '4'",
        "  cpu: '4'\n  gpus: '2'",
        ('7:9: compute_config.gpus: "2" is text because of its quotes; write 2 without them',),
    ),
    (
        "number_octal",
        "  cpu: '4'",
        "  cpu: '4'\n  gpus: 012",
        ('7:9: compute_config.gpus: YAML reads "012" as a whole number, 10; write it as a plain decimal',),
    ),
    (
        "number_float",
        "  cpu: '4'",
        "  cpu: '4'\n  gpus: 1.5",
        ('7:9: compute_config.gpus: "1.5" is a number; a whole number, such as 10',),
    ),
    (
        "number_word",
        "  cpu: '4'",
        "  cpu: '4'\n  gpus: two",
        ('7:9: compute_config.gpus: "two" is text; a whole number, such as 10',),
    ),
    (
        "number_too_small",
        "  cpu: '4'",
        "  cpu: '4'\n  gpus: 0",
        ("7:9: compute_config.gpus: the number is too small; 1 or more",),
    ),
    (
        "number_empty",
        "  cpu: '4'",
        "  cpu: '4'\n  gpus:",
        ("7:8: compute_config.gpus: the value is missing; it must be given",),
    ),
    (
        "share_too_large",
        "tracking_config:",
        "quality_config:\n  doubtful_share: 5.0\ntracking_config:",
        ("26:19: quality_config.doubtful_share: the number is too large; 1 or less",),
    ),
    (
        "retry_negative",
        "  tracking_uri: http://10.164.0.15:5000",
        "  tracking_uri: http://10.164.0.15:5000\n  retry_for_s: -1",
        ("17:16: mlflow_config.retry_for_s: the number is too small; 0 or more",),
    ),
    (
        "cpu_unit",
        "  cpu: '4'",
        "  cpu: 4Gi",
        (
            '6:8: compute_config.cpu: "4Gi" is not an amount of CPU; a number of CPUs such as 4 or 0.5, or thousandths such as 500m; did you mean "4"?',
        ),
    ),
    (
        "cpu_zero",
        "  cpu: '4'",
        "  cpu: 0",
        (
            "6:8: compute_config.cpu: no CPU at all is no use; a number of CPUs such as 4 or 0.5, or thousandths such as 500m",
        ),
    ),
    (
        "cpu_too_fine",
        "  cpu: '4'",
        "  cpu: 0.0005",
        (
            '6:8: compute_config.cpu: "0.0005" is finer than a thousandth of a CPU; a number of CPUs such as 4 or 0.5, or thousandths such as 500m',
        ),
    ),
    (
        "memory_gb",
        "  memory: 16Gi",
        "  memory: 16GB",
        (
            '7:11: compute_config.memory: "16GB" is not an amount of bytes; a number and a unit, such as 16Gi; the units are Ei, Pi, Ti, Gi, Mi, Ki, E, P, T, G, M, k; did you mean "16G"?',
        ),
    ),
    (
        "memory_lower",
        "  memory: 16Gi",
        "  memory: 16gi",
        (
            '7:11: compute_config.memory: "16gi" is not an amount of bytes; a number and a unit, such as 16Gi; the units are Ei, Pi, Ti, Gi, Mi, Ki, E, P, T, G, M, k; did you mean "16Gi"?',
        ),
    ),
    (
        "memory_bytes",
        "  memory: 16Gi",
        "  memory: 16",
        (
            '7:11: compute_config.memory: "16" is less than a mebibyte; a number and a unit, such as 16Gi; the units are Ei, Pi, Ti, Gi, Mi, Ki, E, P, T, G, M, k; did you mean "16Gi"?',
        ),
    ),
    (
        "memory_milli",
        "  memory: 16Gi",
        "  memory: 400m",
        (
            '7:11: compute_config.memory: "400m" is not an amount of bytes; a number and a unit, such as 16Gi; the units are Ei, Pi, Ti, Gi, Mi, Ki, E, P, T, G, M, k; did you mean "400M"?',
        ),
    ),
    (
        "memory_word",
        "  memory: 16Gi",
        "  memory: lots",
        (
            '7:11: compute_config.memory: "lots" is not an amount of bytes; a number and a unit, such as 16Gi; the units are Ei, Pi, Ti, Gi, Mi, Ki, E, P, T, G, M, k',
        ),
    ),
    (
        "image_with_tag",
        "/evaluation\n",
        "/evaluation:v1\n",
        (
            '2:8: image: "europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/…" holds a tag; the image\'s name alone: a tag belongs in image_tag',
        ),
    ),
    (
        "image_with_digest",
        "/evaluation\n",
        "/evaluation@sha256:0123\n",
        (
            '2:8: image: "europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/…" holds a digest; the image\'s name alone: a digest belongs in image_tag',
        ),
    ),
    (
        "image_in_capitals",
        "/evaluation\n",
        "/Evaluation\n",
        (
            '2:8: image: "europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/…" is not the name of an image; registry/path/name in lower-case letters, digits and . _ -, such as ghcr.io/project/evaluation; did you mean "europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/container-registry-neurips-2023/evaluation"?',
        ),
    ),
    (
        "image_with_scheme",
        "image: europe",
        "image: https://europe",
        (
            '2:8: image: "https://europe-west4-docker.pkg.dev/neurips-llm-eff-challen…" begins with a scheme; registry/path/name in lower-case letters, digits and . _ -, such as ghcr.io/project/evaluation; did you mean "europe-west4-docker.pkg.dev/neurips-llm-eff-challenge-2023/container-registry-neurips-2023/evaluation"?',
        ),
    ),
    (
        "tag_with_space",
        "image_tag: da958c6a7e",
        "image_tag: da 958",
        (
            '3:12: image_tag: "da 958" is not a tag; at most 128 letters, digits and _ . - with no dot or dash first, or sha256: and 64 hexadecimal digits',
        ),
    ),
    (
        "tag_with_colon",
        "image_tag: da958c6a7e",
        'image_tag: ":v1"',
        (
            '3:12: image_tag: ":v1" begins with :; at most 128 letters, digits and _ . - with no dot or dash first, or sha256: and 64 hexadecimal digits; did you mean "v1"?',
        ),
    ),
    (
        "short_digest",
        "image_tag: da958c6a7e",
        "image_tag: sha256:abc",
        ('3:12: image_tag: "sha256:abc" is not a digest; sha256: and 64 lower-case hexadecimal digits',),
    ),
    (
        "suite_with_slash",
        "  suite: v1",
        "  suite: a/b",
        ('14:10: helm.suite: "a/b" is not one folder name; letters, digits, . _ - with no dot or dash first',),
    ),
    (
        "suite_dots",
        "  suite: v1",
        "  suite: ..",
        ('14:10: helm.suite: ".." is not one folder name; letters, digits, . _ - with no dot or dash first',),
    ),
    (
        "uri_with_password",
        "http://10.164",
        "http://me:s3cr3t@10.164",
        (
            "16:17: mlflow_config.tracking_uri: a user name or password may not stand in the URI; the environment variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD carry them",
        ),
    ),
    (
        "uri_unknown_scheme",
        "http://10.164.0.15:5000",
        "htps://x",
        (
            '16:17: mlflow_config.tracking_uri: the scheme "htps" is not supported; a URI with one of the schemes http, https, file, sqlite, or the path of a folder; did you mean "https://x"?',
        ),
    ),
    (
        "uri_postgres",
        "http://10.164.0.15:5000",
        "postgresql://me:s3cr3t@db/mlflow",
        (
            "16:17: mlflow_config.tracking_uri: a user name or password may not stand in the URI; the environment variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD carry them",
        ),
    ),
    (
        "uri_no_host",
        "http://10.164.0.15:5000",
        "http:///x",
        (
            "16:17: mlflow_config.tracking_uri: the URI has no host; a URI with one of the schemes http, https, file, sqlite, or the path of a folder",
        ),
    ),
    (
        "uri_bad_port",
        "15:5000",
        "15:500000",
        (
            "16:17: mlflow_config.tracking_uri: the host or the port of the URI is not valid; a URI with one of the schemes http, https, file, sqlite, or the path of a folder",
        ),
    ),
    (
        "uri_with_space",
        "http://10.164.0.15:5000",
        '"http://a b"',
        (
            "16:17: mlflow_config.tracking_uri: the URI has a space or a line end; a URI with one of the schemes http, https, file, sqlite, or the path of a folder",
        ),
    ),
    (
        "two_sources",
        "  gs_uri: null",
        "  gs_uri: gs://bucket/model",
        (
            "17:1: model_config: mlflow_artifact and gs_uri exclude each other; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
        ),
    ),
    (
        "no_source",
        "model_config:",
        "model_config:\n  builtin: null\nx_config:",
        (
            "17:1: model_config: no source of weights is given; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
            '19:1: x_config: this key is not known; allowed are version, image, image_tag, compute_config, helm, mlflow_config, model_config, tracking_config, quality_config, kubernetes_config; did you mean "model_config"?',
        ),
    ),
    (
        "gs_without_path",
        "  gs_uri: null",
        "  gs_uri: gs://bucket",
        (
            "17:1: model_config: mlflow_artifact and gs_uri exclude each other; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
            '18:11: model_config.gs_uri: "gs://bucket" has no path after the bucket; gs://bucket/path',
        ),
    ),
    (
        "gs_bad_bucket",
        "  gs_uri: null",
        "  gs_uri: gs://My_Bucket/model",
        (
            "17:1: model_config: mlflow_artifact and gs_uri exclude each other; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
            '18:11: model_config.gs_uri: the bucket name "My_Bucket" may have lower-case letters, digits, - _ . only; gs://bucket/path',
        ),
    ),
    (
        "gs_one_slash",
        "  gs_uri: null",
        "  gs_uri: gs:/bucket/model",
        (
            "17:1: model_config: mlflow_artifact and gs_uri exclude each other; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
            '18:11: model_config.gs_uri: "gs:/bucket/model" is not a URI of Google Cloud Storage; gs://bucket/path; did you mean "gs://bucket/model"?',
        ),
    ),
    (
        "gs_dots",
        "  gs_uri: null",
        "  gs_uri: gs://bucket/../x",
        (
            "17:1: model_config: mlflow_artifact and gs_uri exclude each other; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
            '18:11: model_config.gs_uri: "gs://bucket/../x" has an empty part, . or .. in its path; gs://bucket/path',
        ),
    ),
    (
        "run_id_short",
        "run_id: 3969f731d3f74fd19cfed62a9aa26d69",
        "run_id: 3969f7",
        (
            '22:13: model_config.mlflow_artifact.run_id: "3969f7" is not an MLflow run id; 32 lower-case hexadecimal digits',
        ),
    ),
    (
        "run_id_upper",
        "run_id: 3969f731d3f74fd19cfed62a9aa26d69",
        "run_id: 3969F731D3F74FD19CFED62A9AA26D69",
        (
            '22:13: model_config.mlflow_artifact.run_id: "3969F731D3F74FD19CFED62A9AA26D69" is not an MLflow run id; 32 lower-case hexadecimal digits',
        ),
    ),
    (
        "path_leaves",
        "    artifact_path: model",
        "    artifact_path: ../model",
        (
            '20:20: model_config.mlflow_artifact.artifact_path: "../model" leaves the folder by ..; a relative path without ..',
        ),
    ),
    (
        "path_absolute",
        "    artifact_path: model",
        "    artifact_path: /model",
        ('20:20: model_config.mlflow_artifact.artifact_path: "/model" is not relative; a relative path without ..',),
    ),
    (
        "two_tokenizers",
        "tokenizer_directory: null",
        "tokenizer_directory: tok",
        (
            "19:3: model_config.mlflow_artifact: tokenizer_directory and tokenizer_hf_repo exclude each other; at most one of them",
        ),
    ),
    (
        "repo_three_parts",
        "EleutherAI/pythia-70m",
        "EleutherAI/pythia/70m",
        (
            '24:24: model_config.mlflow_artifact.tokenizer_hf_repo: "EleutherAI/pythia/70m" is not a repository of the Hugging Face hub; name or organisation/name',
        ),
    ),
    (
        "builtin_choice",
        "  gs_uri: null",
        "  builtin: tinny",
        (
            "17:1: model_config: mlflow_artifact and builtin exclude each other; exactly one of mlflow_artifact, gs_uri, mlflow_model, hf_model, path, builtin",
            '18:12: model_config.builtin: "tinny" is none of the choices; allowed are tiny; did you mean "tiny"?',
        ),
    ),
    (
        "dtype_choice",
        "  gs_uri: null",
        "  options: {dtype: float23}",
        (
            '18:20: model_config.options.dtype: "float23" is none of the choices; allowed are auto, float32, float16, bfloat16; did you mean "float32"?',
        ),
    ),
    (
        "dtype_choice_far",
        "  gs_uri: null",
        "  options: {dtype: int8}",
        (
            '18:20: model_config.options.dtype: "int8" is none of the choices; allowed are auto, float32, float16, bfloat16',
        ),
    ),
    (
        "device_map",
        "  gs_uri: null",
        "  options: {device_map: cuda:x}",
        (
            '18:25: model_config.options.device_map: "cuda:x" is no device map; allowed are auto, balanced, sequential, cpu, cuda, cuda:N; did you mean "cuda"?',
        ),
    ),
    (
        "bool_word",
        "  gs_uri: null",
        "  options: {apply_chat_template: maybe}",
        ('18:34: model_config.options.apply_chat_template: "maybe" is text; true or false',),
    ),
    (
        "max_length",
        "  gs_uri: null",
        "  options: {max_length: 0}",
        ("18:25: model_config.options.max_length: the number is too small; 1 or more",),
    ),
    (
        "tag_reserved",
        "    creator:",
        "    image_tag:",
        ('31:5: tracking_config.tags.image_tag: the tag "image_tag" is set by the toolkit itself; choose another key',),
    ),
    (
        "tag_mlflow",
        "    creator:",
        "    mlflow.note:",
        (
            '31:5: tracking_config.tags."mlflow.note": tags that begin with mlflow. are MLflow\'s own; choose another key',
        ),
    ),
    (
        "tag_own",
        "    creator:",
        "    cajajejo.x:",
        (
            '31:5: tracking_config.tags."cajajejo.x": the tag "cajajejo.x" is set by the toolkit itself; choose another key',
        ),
    ),
    (
        "tag_bad_character",
        "    creator:",
        '    "creator#1":',
        (
            '31:5: tracking_config.tags."creator#1": MLflow does not accept "creator#1" as the key of a tag; letters, digits, _ - . : / and spaces, as in a relative path',
        ),
    ),
    (
        "tag_path",
        "    creator:",
        "    a//b:",
        (
            '31:5: tracking_config.tags."a//b": MLflow does not accept "a//b" as the key of a tag; letters, digits, _ - . : / and spaces, as in a relative path',
        ),
    ),
    (
        "tag_nan",
        "    creator: Jasper",
        "    creator: .nan",
        ('31:14: tracking_config.tags.creator: ".nan" is not a finite number; JSON, and so MLflow, has no such value',),
    ),
    (
        "tag_deep_inf",
        "    - dolly",
        "    - [1, .inf]",
        (
            '33:11: tracking_config.tags.datasets[0][1]: ".inf" is not a finite number; JSON, and so MLflow, has no such value',
        ),
    ),
    (
        "experiment_empty",
        "experiment_name: eval-test-debug",
        'experiment_name: " "',
        ("28:20: tracking_config.experiment_name: the text is empty; text of at most 500 characters",),
    ),
    (
        "namespace",
        "tracking_config:",
        "kubernetes_config: {namespace: My_Space}\ntracking_config:",
        (
            '25:32: kubernetes_config.namespace: "My_Space" is not a namespace; lower-case letters, digits and -, with a letter or digit first and last',
        ),
    ),
    (
        "storage_class",
        "tracking_config:",
        "kubernetes_config: {storage: {storage_class: ssd}}\ntracking_config:",
        (
            '25:31: kubernetes_config.storage.storage_class: this key is not known; allowed are size, class, create_class, provisioner, disk_type; did you mean "create_class"?',
        ),
    ),
    (
        "args_abbreviation",
        "--max-eval-instances",
        "--max-eval",
        (
            "10:3: helm.args: --max-eval-instances is missing; HELM requires it: add it and the number of instances per entry",
            '10:5: helm.args[0]: "--max-eval" is an abbreviation; write the flag in full; did you mean "--max-eval-instances"?',
        ),
    ),
    (
        "args_typo",
        "--max-eval-instances",
        "--max-eval-instance",
        (
            "10:3: helm.args: --max-eval-instances is missing; HELM requires it: add it and the number of instances per entry",
            '10:5: helm.args[0]: "--max-eval-instance" is an abbreviation; write the flag in full; did you mean "--max-eval-instances"?',
        ),
    ),
    (
        "args_unknown",
        "  - --enable-local-huggingface-models\n  - /scratch/model/model",
        "  - --frobnicate\n  - x",
        (
            '12:5: helm.args[2]: "--frobnicate" is no flag of HELM; allowed are --max-eval-instances, --num-threads, --num-train-trials, --priority, --models-to-run, --groups-to-run, --enable-huggingface-models, --enable-local-huggingface-models, --plugins, --cache-instances',
        ),
    ),
    (
        "args_missing_required",
        "  - --max-eval-instances\n  - '10'\n",
        "",
        (
            "10:3: helm.args: --max-eval-instances is missing; HELM requires it: add it and the number of instances per entry",
        ),
    ),
    (
        "args_missing_value",
        "  - '10'\n",
        "",
        ("10:5: helm.args[0]: --max-eval-instances lacks its value; a whole number must follow",),
    ),
    (
        "args_not_int",
        "  - '10'",
        "  - ten",
        ('11:5: helm.args[1]: --max-eval-instances takes a whole number, not "ten"; a whole number of 1 or more',),
    ),
    (
        "args_equals",
        "  - --max-eval-instances\n  - '10'\n",
        "  - --max-eval-instances=ten\n",
        ('10:5: helm.args[0]: --max-eval-instances takes a whole number, not "ten"; a whole number of 1 or more',),
    ),
    (
        "args_stray",
        "  - '10'",
        "  - '10'\n  - '11'",
        ('12:5: helm.args[2]: "11" belongs to no flag; a flag and its values, an item each',),
    ),
    (
        "args_twice",
        "  - '10'",
        "  - '10'\n  - -m\n  - '11'",
        ("12:5: helm.args[2]: --max-eval-instances is given twice; each flag once",),
    ),
    (
        "args_suite",
        "  - '10'",
        "  - '10'\n  - --suite\n  - v2",
        ("12:5: helm.args[2]: --suite may not stand in a config; helm.suite is the field for it",),
    ),
    (
        "args_output",
        "  - '10'",
        "  - '10'\n  - -o\n  - out",
        (
            "12:5: helm.args[2]: --output-path may not stand in a config; the toolkit chooses the folders of a run; use --output-dir of the command",
        ),
    ),
    (
        "args_dry_run",
        "  - '10'",
        "  - '10'\n  - --dry-run",
        (
            "12:5: helm.args[2]: --dry-run may not stand in a config; it gives no scores; use jobs evaluation check to test a config",
        ),
    ),
    (
        "args_one_item",
        "  - --max-eval-instances\n  - '10'\n",
        "  - --max-eval-instances 10\n",
        (
            "10:3: helm.args: --max-eval-instances is missing; HELM requires it: add it and the number of instances per entry",
            '10:5: helm.args[0]: "--max-eval-instances 10" is a flag and its value in one; an item of the list for each',
        ),
    ),
    ("tab_indents", "  accelerator", "\taccelerator", ("5:1: a tab indents this line; YAML allows only spaces there",)),
    ("tab_later", "  memory: 16Gi", "\tmemory: 16Gi", ("7:1: a tab indents this line; YAML allows only spaces there",)),
    (
        "double_quote_open",
        "version: v4",
        'version: "v4',
        ('1:10: the quote " that opens here is not closed on its line; close it with "',),
    ),
    (
        "single_quote_open",
        "  - '10'",
        "  - '10",
        ("11:5: the quote ' that opens here is not closed on its line; close it with '",),
    ),
    (
        "quote_open_before_others",
        "image_tag: da958c6a7e",
        'image_tag: "da',
        ('3:12: the quote " that opens here is not closed on its line; close it with "',),
    ),
    (
        "second_colon",
        "version: v4",
        "version: v4: x",
        ("1:12: a second colon, or a key where none can be; put a text with ': ' in quotes",),
    ),
    (
        "flow_open",
        "version: v4",
        "version: [v4",
        ("1:10: the list that opens with [ is not closed, or lacks a comma; [first, second]",),
    ),
    (
        "brace_open",
        "version: v4",
        "version: {v4: x",
        ("1:10: the mapping that opens with { is not closed, or lacks a comma; {key: value, other: value}",),
    ),
    (
        "wrong_indent",
        "  memory: 16Gi",
        "   memory: 16Gi",
        ("7:4: this line does not fit the mapping that it is in; align it with the other keys",),
    ),
    (
        "less_indent",
        "  memory: 16Gi",
        " memory: 16Gi",
        ("7:2: this line does not fit the mapping that it is in; align it with the other keys",),
    ),
    ("no_colon", "version: v4", "version v4", ("1:1: a key without a colon; key: value",)),
    ("at_sign", "version: v4", "version: @v4", ('1:10: a text cannot begin with "@"; put it in quotes',)),
    ("percent", "version: v4", "version: %v4", ('1:10: a text cannot begin with "%"; put it in quotes',)),
    (
        "backslash",
        "version: v4",
        'version: "\\d"',
        ("1:11: an unknown escape after the backslash; single quotes take a backslash as it is",),
    ),
    (
        "two_documents",
        "compute_config:",
        "---\ncompute_config:",
        ("4:1: a second document begins here; one document is meant: remove everything from --- on",),
    ),
    (
        "python_tag",
        "version: v4",
        "version: !!python/object:os.system x",
        ('1:10: version: the tag "!!python/object:os.system" is not allowed; plain mappings, lists and values',),
    ),
    (
        "own_tag",
        "version: v4",
        "version: !secret x",
        ('1:10: version: the tag "!secret" is not allowed; plain mappings, lists and values',),
    ),
    (
        "tag_on_mapping",
        "compute_config:",
        "compute_config: !!set",
        ('4:17: the tag "!!set" is not allowed; plain mappings, lists and values',),
    ),
    ("undefined_alias", "version: v4", "version: *v4", ("1:10: the alias *v4 has no anchor &v4 before it",)),
    (
        "recursive_alias",
        "    datasets:",
        "    datasets: &d\n    - *d",
        ("33:7: the alias *d is inside the value that it stands for; a value cannot hold itself",),
    ),
    ("item_in_mapping", "  suite: v1", "  - suite", ("8:1: helm.suite: this key is missing; it must be given",)),
    (
        "key_in_list",
        "  - '10'",
        "  ten: '10'",
        ("12:3: this line does not fit the mapping that it is in; align it with the other keys",),
    ),
)

BAD_ENTRIES: tuple[tuple[str, str | None, str, tuple[str, ...]], ...] = (
    ("syntax_open_list", "]\n", "\n", ("3:10: the [ that opens here is not closed",)),
    ("syntax_open_object", "priority: 1}", "priority: 1", ("10:1: ] cannot close the { that is open",)),
    ("wrong_close", "priority: 1}", "priority: 1]", ("7:89: ] cannot close the { that is open",)),
    ("extra_close", "]\n", "]]\n", ("10:2: nothing is open that ] could close",)),
    ("open_quote", 'anatomy"', "anatomy", ('8:88: the quote " that opens here is not closed; close it with "',)),
    (
        "no_entries",
        "entries:",
        "entriez:",
        (
            "1:1: the key entries is missing; entries: [ … ]",
            '3:1: entriez: the key "entriez" is not known; only entries is read; did you mean "entries"?',
        ),
    ),
    (
        "entries_text",
        "entries: [",
        "entries: x\nother: [",
        ('3:10: entries: entries is not a list; entries: [ {description: "…"} ]',),
    ),
    (
        "entry_text",
        "  ##### Generic",
        '  "boolq"\n  ##### Generic',
        ('5:3: entries[0]: the entry is not an object; {description: "scenario:name=value"}',),
    ),
    (
        "no_description",
        '{description: "boolq',
        '{descripton: "boolq',
        (
            '7:3: entries[0]: the entry has no description; description: "scenario:name=value"',
            '7:4: entries[0].descripton: the key "descripton" is not known; allowed are description, priority, groups; did you mean "description"?',
        ),
    ),
    (
        "empty_description",
        '"boolq:model=huggingface/model,data_augmentation=canonical"',
        '""',
        ("7:17: entries[0].description: the description is empty; scenario, or scenario:name=value,name=value",),
    ),
    (
        "description_number",
        '"boolq:model=huggingface/model,data_augmentation=canonical"',
        "5",
        ("7:17: entries[0].description: the description is not text; scenario, or scenario:name=value,name=value",),
    ),
    (
        "unknown_key",
        "priority: 1}",
        "priorty: 1}",
        (
            '7:78: entries[0].priorty: the key "priorty" is not known; allowed are description, priority, groups; did you mean "priority"?',
        ),
    ),
    (
        "priority_text",
        "priority: 1}",
        'priority: "1"}',
        ("7:88: entries[0].priority: the priority is not a whole number; 1 (first) to 5, without quotes",),
    ),
    (
        "priority_float",
        "priority: 1}",
        "priority: 1.5}",
        ("7:88: entries[0].priority: the priority is not a whole number; 1 (first) to 5, without quotes",),
    ),
    (
        "priority_bool",
        "priority: 1}",
        "priority: true}",
        ("7:88: entries[0].priority: the priority is not a whole number; 1 (first) to 5, without quotes",),
    ),
    (
        "groups_text",
        'groups: ["a", b]',
        "groups: a",
        ("8:86: entries[1].groups: groups is not a list; a list of names",),
    ),
    (
        "groups_number",
        'groups: ["a", b]',
        'groups: ["a", 5]',
        ("8:92: entries[1].groups[1]: the group is not text; a name",),
    ),
    (
        "spec_no_value",
        "subject=anatomy",
        "subject",
        ('8:17: entries[1].description: "subject" has no = and value; scenario, or scenario:name=value,name=value',),
    ),
    (
        "spec_no_colon",
        "mmlu:model",
        "mmlu,model",
        (
            '8:17: entries[1].description: "mmlu,model=huggingface/model,subject=anatomy" is not the name of a scenario; scenario, or scenario:name=value,name=value',
        ),
    ),
    (
        "spec_space",
        "subject=anatomy",
        " subject=anatomy",
        (
            '8:17: entries[1].description: " subject" is not the name of an argument; scenario, or scenario:name=value,name=value',
        ),
    ),
    (
        "spec_twice",
        "subject=anatomy",
        "model=x",
        (
            '8:17: entries[1].description: the argument "model" is given twice; scenario, or scenario:name=value,name=value',
        ),
    ),
    (
        "spec_end",
        "subject=anatomy",
        "subject=anatomy,",
        ("8:17: entries[1].description: an argument is empty; scenario, or scenario:name=value,name=value",),
    ),
    (
        "include",
        "entries:",
        'include "other.conf"\nentries:',
        ("3:1: include is not allowed; put the entries into this file",),
    ),
    (
        "include_file",
        "  ##### Generic",
        '  include required(file("/etc/passwd"))\n  ##### Generic',
        ("5:3: include is not allowed; put the entries into this file",),
    ),
    (
        "substitution",
        "priority: 1}",
        "priority: ${HOME}}",
        ("7:88: a substitution ${…} is not allowed; it would put the environment into the file; write the value",),
    ),
    (
        "optional_substitution",
        "priority: 1}",
        "priority: ${?HOME}}",
        ("7:88: a substitution ${…} is not allowed; it would put the environment into the file; write the value",),
    ),
    (
        "one_line",
        'canonical", priority: 1}\n',
        'canonical", priority: 1}',
        (
            "7:92: entries[0]: HOCON makes one entry of this and the one before it on the line; a comma or a new line between entries",
        ),
    ),
    (
        "key_twice",
        "priority: 1}",
        "priority: 1, priority: 2}",
        ('7:91: entries[0]: the key "priority" is given twice; each key once',),
    ),
    ("list_document", None, "[1, 2]", ("1:1: the file is a list; an object with the key entries: entries: [ … ]",)),
    ("empty_list", None, "entries: []", ("1:10: entries: the list of entries is empty; at least one entry",)),
    ("empty", None, "", ("1:1: the file is empty; entries: [ … ]",)),
    ("deep", None, "entries: " + "[" * 200, ("1:22: the nesting is deeper than 12 levels",)),
    ("deep_braces", None, "{" * 200, ("1:13: the nesting is deeper than 12 levels",)),
    ("key_dots", None, "a.b.c.d.e: 1", ("1:1: a key with more than 3 dots; a short key",)),
    ("value_only", None, "= 5", ("1:1: a value without a key; key: value",)),
    (
        "odd_character",
        "priority: 1}",
        "priority: 1 ^}",
        (
            "7:90: this cannot be read as HOCON; key: value; lists in [ ], objects in { }, text with other than letters and digits in double quotes",
        ),
    ),
    (
        "missing_colon",
        None,
        "entries [ ]",
        (
            "1:9: this cannot be read as HOCON; key: value; lists in [ ], objects in { }, text with other than letters and digits in double quotes",
        ),
    ),
    (
        "plus_entries",
        None,
        'entries: [{description: "a"}]\nentries += {priority: 1}',
        ("2:9: += is not allowed; one list with everything in it",),
    ),
)
