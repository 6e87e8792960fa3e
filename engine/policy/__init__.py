"""What may be done: rules, and the decision they make of an operation.

globs       patterns over dotted names and paths, case-exact
conditions  `when`: CEL over a published, typed schema, checked when it is loaded
hosts       patterns over `host:port`
rules       one rule, compiled: who, where, what, except, when
evaluate    the policy: pure, order-free, default deny
outlook     what rules can say where not all is known
backtest    a decision made again of an operation that is remembered
explain     every rule, and why it matched or did not
"""
