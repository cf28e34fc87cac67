"""Where a team works: its Google Cloud project, its cluster, its image registry, its repository."""
