# Every target does the set-up that it needs. `make` alone lists them.
SHELL := bash
BIN := .venv/bin
EXAMPLE := jobs/evaluation/debug.job_config.yml jobs/evaluation/app/debug.conf
export PYTHON
unexport PYTHONDONTWRITEBYTECODE VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup quickstart test test-cluster test-image image lint format typecheck bench bench-cluster constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the virtual environment .venv, or bring it up to date
	@scripts/setup

quickstart: setup ## evaluate a tiny model on this machine, and record the scores in runs/quickstart
	@echo '==> evaluating a tiny model on four scenarios; everything goes to runs/quickstart' >&2
	@$(BIN)/cajajejo jobs evaluation run $(EXAMPLE) --local --output-dir runs/quickstart

test: setup ## run all tests (ARGS="-k word" to choose)
	@echo '==> running the tests' >&2
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-cluster: setup ## run the tests that need a Kubernetes: one of its own (Linux, root), or that of KUBECONFIG
	@scripts/test-cluster run $(BIN)/python -m pytest -n 2 --dist loadgroup --reruns 1 tests/cluster $(ARGS)

test-image: setup ## build the evaluation image, and test it with docker and in a Kubernetes (Linux, root)
	@scripts/test-cluster run scripts/test-image run \
		$(BIN)/python -m pytest -rs --reruns 1 tests/image $(ARGS)

image: setup ## build the evaluation image in your docker engine, tagged with the commit
	@$(BIN)/invoke build-and-push-job-image evaluation --no-push

lint: setup ## check style, formatting and the order of imports
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck: setup ## check the types
	$(BIN)/mypy

bench: setup ## measure against bare HELM, mlrunner, gcloud (about 20 minutes); adds to bench/results.jsonl
	@for question in help unloadable_model evaluation sweep weights; do $(BIN)/python "bench/$$question.py" || exit; done

bench-cluster: setup ## the same for what asks a cluster, against kubectl and torchx (about 15 minutes)
	@scripts/test-cluster run bash -c 'for question in parse_job submit submit_many jobs_list logs wait_requests; do \
		$(BIN)/python "bench/$$question.py" || exit; done'

constraints: setup ## pin the newest versions that fit pyproject.toml in constraints.txt
	scripts/constraints upgrade

clean: ## remove caches and build outputs (.venv and runs stay)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench jobs -name __pycache__ -type d -exec rm -rf {} +
