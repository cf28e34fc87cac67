"""`cajajejo sweep`: every parameter choice over the GPUs of this machine."""
