"""Weights fetched from where the config says they are.

What is fetched: `choose` (from config to source), `sources` (a module for each), `remote` (what a source can do),
`selection` and `listing` (which of its files).
How: `web` (with `patience`) asks servers, `transfer` fetches files in parallel, `staging` (with `pieces`, `crc32c`,
`sharing`) remembers what is there, `verify` checks it.
By whom and where to: `claims` (one at a time), `work` (one fetch from start to end), `places` and `pull` (for a job).
"""
