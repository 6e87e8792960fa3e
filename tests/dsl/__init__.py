"""Conversations as scripts: what the client says, what the upstream must hear, what comes back.

wire           two fake transports, and the three ways in which bytes may be cut on their way
world          the engine around one session: policy, people, record, analysis, as small as a test needs them
conversation   the script's own words: client_sends, expect_upstream, upstream_sends, expect_client, approve …
"""
