"""The command line: one module per noun, loaded when its noun is typed.

root         the nouns, and how every failure ends: message, hint, exit status
options      options that several commands share, with their completions
output       JSON, tables, colours: data on stdout, narration on stderr
times        durations and moments as people type and read them
statements   a session's frames as lines: what was asked, decided, answered
engine       run, start, stop, status, unit     (service, unit: how it runs in the background)
approvals    list, show, approve, deny, revoke
sessions     list, watch, kill
lock unlock  the stop button
token        create, list, revoke
policy       check, apply, explain; revisions: what one would change, which there were, back to one;
             hindsight: what other rules would have decided, rules from what was observed
audit        tail, changes, search, show, reindex, verify, key, checkpoint
             (searching: terms, tables, CSV; verification: what the files show, in words)
target       list, show, learn
agent        list, show
replay ca connect console demo                   (sshclient: OpenSSH's programs, set up for connect)
"""
