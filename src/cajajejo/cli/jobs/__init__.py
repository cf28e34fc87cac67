"""`cajajejo jobs`: evaluation jobs on a Kubernetes cluster, a module for each command."""
