"""A command line, as SSH carries it to the user's login shell → the accesses that policy decides.

telling    the whole of it: a line → accesses, or why it could not be told
lexing     lines → simple commands, in what sh, bash, dash, ksh, mksh and zsh have in common
grammar    a second opinion on the same line: tree-sitter's grammar of bash
running    programs that run others: sudo, env, timeout, sh -c; interpreters, the shell's own commands
files      programs that read, write and remove files
network    programs that talk to other hosts
archives   tar and git
servers    what scp, rsync, git and sftp start at the other end
conversations  those of them whose bytes can neither be held nor changed
options    a program's options, read exactly
paths      accesses to paths

A line is *told* only where every one of those shells would run exactly the words that were read; everything else is
opaque. What the account's own start-up files make of a name (aliases, functions, options of the shell) is its owner's.
"""
