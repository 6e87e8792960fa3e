"""SQL text to operations.

analyst              the one that adapters ask; statements: several, each as the session will be when it runs
reader, findings     a parse tree walked whole, and what that brings to light
expressions, names   what the nodes inside statements mean
tables, columns      what touching a table sets in motion, and which of its columns may be read
calls, where         what calling something means; whether a WHERE really restricts
counting             whether the server will say how many rows were changed
session, answers     the catalog and path a session's names are looked up in; the columns of an announced answer
"""
