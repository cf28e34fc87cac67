"""Where results are recorded: records, their outbox, and the trackers that take them."""
