"""What the invoke tasks of `tasks.py` do, and what is told of their arguments."""
