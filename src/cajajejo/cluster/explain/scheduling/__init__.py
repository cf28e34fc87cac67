"""A pod that no node can take: what the scheduler says, held against the nodes as they are."""
