"""The record: the audit log's writing side, and recordings of sessions.

events      the closed list of events, and one entry's shape
log         append and wait: the log as the rest of the engine sees it
journal     segment files: preallocated, appended to, retired
writer      the thread that makes batches of entries durable
publisher   the thread that derives tiles, bundles and the signed checkpoint
opening     who has the log, and what is there: the journal replayed, torn tails cut
recorder    one session's recording, as the event loop sees it
recording   the file behind it: blocks, synced, sealed into the log
flusher     the thread that stores what recorders gathered
recovery    recordings that a crash left open: cut, sealed, the gap said

Reading and verifying is `replay`'s, so that an auditor needs none of this.
"""
