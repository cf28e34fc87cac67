"""A run's folder: whole files under names, attempts that claim it, marks of what is finished."""
