"""HELM as a harness. Nothing outside this package knows HELM, and it runs in a process of its own.

Modules: `__main__` (the process), `preparation` (what is set up before HELM is imported), `preflight` (all that can be
found out before the first request), `arguments` (`helm.args`), `registration` (the model folder under its names),
`client` (the model behind HELM's client interface), `answers` (the cache of answers), `entries` (descriptions to run
specs), `needs` (what metrics need on disk), `execution` (one run spec from start to end), `samples` (HELM's
per-instance results to sample records), `outcomes` (an entry's aggregates and main metric), `overview` (HELM's own
summary), `session` (all of it in order), `faults` (exceptions in a line), `lint` (names HELM does not know, for
`check --deep`).
"""
