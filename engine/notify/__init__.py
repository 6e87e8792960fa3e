"""Telling people: events of the log, sent to commands and web addresses without anything a statement said.

notices    what is said of an event: a closed table, nothing else leaves
delivery   one attempt: a child with a bare environment, or a POST that follows nowhere
notifier   queues, retries and what failed; whoever is slow holds up nobody
"""
