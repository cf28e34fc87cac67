"""What a text value may be: each grammar says what is allowed, and which document the rule comes from."""
