"""What the Job as a whole tells: held back, refused, retried, disrupted, ended, gone."""
