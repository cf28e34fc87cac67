"""From a config file to LLM benchmark results that can be trusted.

The packages, from the bottom up: `errors`, `config` (files to frozen models), `store` (a run's folder), `weights` (the
model on disk), `harness` (what evaluates, as a process of its own), `tracking` (where results are recorded),
`evaluation` (one evaluation from start to end), `report` (tables), `cli`.
"""

__version__ = "0.1.0"
