"""The terminal console: approvals, sessions, replay.

app         modes and wiring
actions     the one registry of keys: footer, help and palette read it
clipboard   how text is copied, and what came of it
keyboard    what is typed, one key after the other
keymap      the keys of a user's own, from a file
palette     what can be reached by name, and how letters find it
twins       the subcommand that does the same as an action
store       what the engine said, as view state; no widgets
access      targets, agents, tokens and locks, as the engine said last
engines     those of one console, and which is in front
link        keeps the store fed and survives the engine going away
statements  a session's frames folded into its statements
terminals   the screens of a session that is watched
reel        a replay: place, clock, speed
seen        how far a person has looked, kept on their machine
scratch     where recordings are while they are replayed: a directory, or memory
nursery     the parent of consoles over SSH; cell: all that one of those may do
pulse       at most so many repaints a second
collector   Python's own, which waits until nobody is at it
text        the one place where strangers' text is made safe to show
phrases     times and numbers as a person reads them
searching   queries of the audit log, completed; what was found, as CSV
findings    what a search found, a window of it; proof: an entry's proof, checked;
            sealed: what the log has of an operation; exporting: a recording as a file
sql         statements as highlighted lines
yaml        YAML as it is typed: the parts of each line, and what a place is under
workbench   a policy that is being written, beside the one in force; drafts: what of it outlives the console
completion  what may be typed at a place of a configuration
diagnostics what is wrong with it, at its place
lines       styled lines as plain data: spans of text and role; themes say how roles look
views       pure functions from data to lines
widgets     what paints lines: documents, tables, feeds
screens     approvals, sessions, watch, policy, audit, replay, and the dialogs
"""
