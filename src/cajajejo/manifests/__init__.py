"""A job config becomes Kubernetes documents. Pure."""
