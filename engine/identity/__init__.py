"""Who asks.

token       what lets an agent in: `ht_<id>_<secret>`, given as its password; only a digest is kept (`tokens.Tokens`)
subject     whom a token speaks for; a name of the agents' or people's registry in the configuration
lock        what stops an identity or a target until it is taken off (`locks.Locks`)

People on the control API are known by the kernel's word instead: see `engine.api.auth`.
"""
