"""The commands. Each one parses, calls one function and prints; everything slow is imported inside it.

Modules: `main` (the program, and the one place where errors become messages and exit codes), `errors` (errors as
text and as data), `progress` (progress on a terminal and elsewhere), `results` (the end of an evaluation),
`jobs_evaluation`, `tracking`, `schema` (one command group each), `container` (what runs inside the evaluation image).
"""
