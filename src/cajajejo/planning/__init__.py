"""Models to plans of tasks. Pure: no I/O, no clock, no environment."""
