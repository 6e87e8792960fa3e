"""The terminal console: approvals, sessions, replay.

app       modes and wiring
actions   the one registry of keys: footer, help and palette read it
store     what the engine said, as view state; no widgets
link      keeps the store fed and survives the engine going away
text      the one place where strangers' text is made safe to show
lines     styled lines as plain data: spans of text and role
views     pure functions from data to lines
widgets   what paints lines: documents, tables, timeline
screens   approvals, sessions, watch, replay, and the dialogs
"""
