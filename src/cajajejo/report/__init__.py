"""What users look at: the table of scores, the progress of a run."""
