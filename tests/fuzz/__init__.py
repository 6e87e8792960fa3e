"""Coverage-guided fuzzing of every parser that meets a stranger's bytes.

`feed` (a fuzzer's bytes as numbers, pieces and texts), `wire` (messages, start-up, logins), `sql` (the analysis),
`masks` (rows and COPY), `streams` (bytes of commands and terminals), `record` (trees, notes, journals, recordings,
cells), `settings` (YAML, CEL), `keys` (certificates, revocation lists), `targets` (all of them by name), `run` (one of
them under atheris), `__main__` (`make fuzz`). `corpus/<target>` holds the seeds, and what was once found.
"""
