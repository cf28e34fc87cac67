"""Whether a cluster could run a job, found out before it costs anything; nothing is created."""
