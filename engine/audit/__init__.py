"""The record: the audit log's writing side, and recordings of sessions.

events      the closed list of events, and one entry's shape
log         append and wait: the log as the rest of the engine sees it
journal     segment files: preallocated, appended to, retired
writer      the thread that makes batches of entries durable
publisher   the thread that derives tiles, bundles and the signed checkpoint
recovery    what opening does after a crash: replay the journal, cut torn tails
recorder    one session's recording
flusher     the thread that stores what recorders gathered
keys        the file of the log's signing key

Reading and verifying is `replay`'s, so that an auditor needs none of this.
"""
