"""What really evaluates, as a process of its own: the contract, the process, and one package for each harness."""
