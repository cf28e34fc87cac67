"""Sweeps on this machine: what is in the output folder, from the first run to the table of results."""
