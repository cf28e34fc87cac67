"""Weights fetched from where the config says they are: a bucket, or an artifact of an MLflow run; or from the hub.

Modules: `places` (where they lie once they are here), `remote` (what a source can do), `bucket`, `artifact` and `hub`
(the sources), `pull` (all of it, whole or not at all).
"""
