"""HELM's run entries: HOCON with positions, and what an entry may look like."""
