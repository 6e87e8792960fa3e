"""The YAML, as typed values: every error at once, each with file:line:column.

document    one YAML file: plain data, and where each value stands in it
problems    what is wrong, where, and what to do about it
fields      the kinds of values: names, globs, durations, paths, conditions
publickeys  the kind of value that is a public key of SSH
models      what each section may say; the published JSON Schema is made from it
wording     what pydantic found, in words a reader of YAML understands
sections    what all files say together, each entry with its place
checks      what only shows across sections: duplicates, references, contradictions
reach       what rules can refer to, and which can never match
assembly    the checked sections → policy, masking rules, targets, people
revision    all of it, frozen: what the engine runs on until the next one
editing     a change of a file that leaves the rest as it was written
loading     files → a revision, or all that is wrong with them
diagnosis   all there is to say of files, problems and warnings, each with the rule it stands in
shadows     rules that change nothing, because another says more
merging     two changes of one file, made one
shifts      which identities gain or lose which effects on which targets
changes     what differs between two revisions, in lines people read
"""
