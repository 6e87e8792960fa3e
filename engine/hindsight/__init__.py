"""Policy and the past: what recorded operations would be decided by other rules, and rules drafted from them.

recall    a recorded operation as it can be judged again, and what of it is not known any more
retrial   recorded operations decided by other rules: what would change, what cannot be told
drafting  rules drafted from what was observed, least privilege first
naming    what was touched as the `what` of a rule
worker    the process that does either, so that the relay never waits for it
running   that process, as the engine sees it
"""
