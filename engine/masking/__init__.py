"""What an answer may not show.

rule        YAML: which columns and detectors, for whom not, and how (`plan.MaskRule`)
masks       the rules that apply to one identity on one target (`plan.Masks`)
plan        what to do with each column of one answer (`plan.Plan`)
detector    a recogniser of sensitive values in any text (`detect`)
transform   what takes the place of a value: redact, partial, hash, token, nullify (`transform`)
stream      bytes that are no table, masked however they are cut into chunks (`stream`): what at their end could still
            become a value (`tails`), values among them (`judging`), escape sequences in them (`escapes`), private keys
            (`keyblocks`); those that may not be changed are ended by a value (`guard`)

Column masks are absolute: a column whose origin cannot be proved free of protected columns is masked. Detectors are
best effort; their measured recall stands in the README.
"""
