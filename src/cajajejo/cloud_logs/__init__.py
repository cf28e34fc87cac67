"""The logs of a job after its pods are gone: from Google Cloud Logging, or from the cluster while it has them."""
