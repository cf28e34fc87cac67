"""From a spec to a Job: attach, attempt, and nothing half made."""
