"""The images that jobs run in: built from a clean commit, tagged with it, pushed, and pinned by their digest."""
