"""Claims and volumes that keep a pod from its node, or from its start."""
