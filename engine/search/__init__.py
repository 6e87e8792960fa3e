"""Search: a projection of the log, masked as the log and the recordings are, that can be thrown away at any time.

database    the file `search.db`: its tables, and whether what is in it belongs to this log
projection  entries of the log as rows
texts       statements out of recordings, as far as they have been read
indexing    one step after the other along the log, each a transaction with its position
indexer     the process that does that: niced, with an interpreter of its own, so that the relay never waits for it
follower    that process as the engine sees it: started, told how far it may go, started again
terms       what a person types, as terms: fields, globs, times, words
finding     terms as SQL: the newest first, page by page
operations  recorded operations with their analysis, for those who decide them again
"""
