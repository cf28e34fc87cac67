"""HELM as a harness. Nothing outside this package knows HELM, and it runs in a process of its own.

Modules: `__main__` (the process), `preparation` (what is set up before HELM is imported), `arguments` (`helm.args`),
`registration` (the model folder under its names), `client` (the model behind HELM's client interface), `entries`
(descriptions to run specs), `needs` (what metrics need on disk), `execution` (one run spec from start to end),
`samples` (HELM's per-instance results to sample records), `outcomes` (an entry's aggregates and main metric),
`overview` (HELM's own summary), `session` (all of it in order), `lint` (names HELM does not know, for `check --deep`).
"""
