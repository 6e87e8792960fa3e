"""The long runs (`make campaign`), and what their short forms in `tests/e2e` share with them.

`faults` (the run of all of them): `load` (clients of every kind at work), `ledger` (what they were answered against the
record), `killing` (kill -9), `storage` (disks and clocks), `upstreams`, `strangers` (peers at fault), `leaks`.
"""
