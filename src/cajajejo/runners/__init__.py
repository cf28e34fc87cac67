"""Backends that run tasks, and what they share: slots, the journal, retries, clean-up."""
