"""`cajajejo weights`: models in a cache, by hand."""
