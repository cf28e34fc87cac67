"""Containers that do not start, and those that have ended."""
