"""Logs of a job's containers: read, followed into the next pod, and each line once."""
