"""Pure functions from the engine's data to lines.

status     glyph, word and colour of every state
overview   the first look: what waits, what is alive, the last hour
health     listeners, targets, log and space in a line each
news       what changed in a line each
target     a target: its row, its facts, the question before its lock
access     agents, tokens and locks in the same way
sparkline  numbers over time in one line
review     the queue's rows and the detail of a held operation
entry      an entry of the log: its row, its fields, its proof
sealed     what the log has of an operation
session    the list's rows and the facts of a session
statement  one statement with its decision and its masked rows
cells      tables of values as they were answered
terminal   what a terminal is, and what was typed into it
recording  a recording in a line
timeline   a recording's time on one line
policy     the policy that is being written; difference: what it would change, and for whom;
           hindsight: what recorded operations say of it
room       how much space the record has left
first      what to do where nothing is yet
chrome     header, footer, banner and the four states of a list
"""
