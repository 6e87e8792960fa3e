"""What a person stands before.

page       what every screen shares: header, banner, footer, prompt
listing    what screens of one list share: a filter
overview   what waits, what is alive, how everything is, what changed
approvals  the queue and the detail of a held operation
sessions   live and past sessions
watch      one session as it happens
audit      the log, searched; entry: one of its entries, with its proof
replay     one recording, frame by frame; playing: what moves it; markers: every one in a list;
           evidence: what is known of one operation, with its proof; export: files of it;
           rows: all of an answer
recordings the list replay picks from
policy     the rules in an editor; patch: what would change, to bring to git;
           applying: the questions before that;
           history: every revision, and back to one;
           backtest: which recorded decisions would change; suggest: rules from what was observed
targets    targets, agents, tokens and locks; stopping: the questions before an end, a lock, an unlock, a revocation
confirm    the question before anything that grants, denies or kills
reader     a whole text
help       every key, searchable and executable
"""
