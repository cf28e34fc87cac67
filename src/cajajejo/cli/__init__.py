"""The commands. Each one parses, calls one function and prints; everything slow is imported inside it.

Modules: `start` and `main` (the program, and the one place where errors become messages and exit codes), `errors`
(errors as text and as data), `streams` (stdout and stderr), `progress` (progress on a terminal and elsewhere),
`results` (the end of an evaluation), `jobs`, `sweep`, `weights`, `tracking`, `schema` (one command group each), `tasks`
(those of invoke), `container` (what runs inside the evaluation image).
"""
