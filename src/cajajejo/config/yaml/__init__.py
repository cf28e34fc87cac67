"""YAML with positions: nodes, scalars, and plain values."""
