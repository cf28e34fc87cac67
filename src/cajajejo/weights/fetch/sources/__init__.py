"""Where weights can come from; each source lists its files and opens them."""
