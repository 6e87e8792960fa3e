"""The record, and all an auditor needs without an engine.

tlog        the Merkle tree: hashing, the growing edge, inclusion and consistency proofs
note        signed notes, keys and checkpoints
tiles       where tiles and entry bundles lie on disk
journal     the durable form of a log's newest entries
verify      offline verification of a log and its recordings: walk (the signed part), tail (the journal after it),
            claims (what entries say of recordings and operations), report (what was found)
format      recordings: blocks, frames, rows
cells       PostgreSQL cells as text
forms       JSON that is written again and again, with holes for what differs
index       a recording as a sequence: any frame, any moment, without reading what lies before
streams     bytes that are no table, as lines of text
terminals   what each terminal of a recording showed at any frame
statements  what a recording says of each statement; answers: any row of a long answer
player      position, step, seek, markers: no UI
screen      a terminal's screen as the bytes sent to it leave it
export      text, JSON, CSV, asciicast, picture: casts (asciinema's format), picture (a screen as SVG)

Nothing is imported here: `import replay` costs nothing and needs no engine.
"""
