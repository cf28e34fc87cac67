"""What came out of an evaluation: scores derived from samples, and the summary made of them. Pure."""
