"""Upstream credentials: where they come from, and values that never show themselves.

secret      one value that no repr, log or pickle shows (`secret.Secret`)
reference   where a secret lies: {env: NAME} or {file: PATH} (`resolve.Reference`)
signing     certificates the engine signs itself in with at SSH targets
login       what the engine presents to an upstream: a user and perhaps a secret (`resolve.Login`)
"""
