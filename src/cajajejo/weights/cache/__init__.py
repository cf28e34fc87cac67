"""A folder where each model lies once, for all who need it.

Modules: `layout` (what its folders are called), `record` (what is known of an entry), `entries` (what is there, and
whether it is still right), `fill` (brings a model in), `answers` (which entry a source has led to), `pruning` and
`leftovers` (what can go).
"""
