"""The long runs (`make campaign`), and what their short forms in `tests/e2e` share with them.

`faults` (the run of all of them): `load` (clients of every kind at work), `ledger` (what they were answered against the
record), `killing` (kill -9), `storage` (disks and clocks), `upstreams`, `strangers` (peers at fault), `leaks`.

`masking`: queries composed over protected columns; `canaries` (a value in any encoding), `worlds` (databases that
differ in the values alone), `scripts` (one attempt, of `queries`, of `expressions`, from the `tables` in *.sql).
`guardrails`: `attempts` at what the policy denies. `arena` and `wire`: an engine before a server, and a client that
keeps every byte. `detectors`: their recall and false positives.
"""
