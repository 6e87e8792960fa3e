"""Who asks.

token       what lets an agent in: `ht_<id>_<secret>`, given as its password; only a digest is kept (`tokens.Tokens`)
subject     whom a token speaks for; a name of the agents' or people's registry in the configuration
jwt         what lets in who has an issuer's word instead; taken apart before anything of it is believed (`jwt`)
issuer      an OpenID provider of the configuration, and the claims of its tokens (`oidc.Issuers`)
keys        what an issuer signs with: read (`jwks`), found at its address (`discovery`), kept for a while (`keyring`)
ssh         whom a key or certificate of SSH stands for; wireforms: how those are written
certificates  what an SSH certificate says; krl: OpenSSH's lists of what is revoked
sshsig      signatures as ssh-keygen verifies them
lock        what stops an identity or a target until it is taken off (`locks.Locks`)

People on the control API are known by the kernel's word instead: see `engine.api.auth`.
"""
