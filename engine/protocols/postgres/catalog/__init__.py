"""What names mean on a target.

snapshot             a catalog in memory; queries: the questions it is loaded with
source               the engine's own connection, which loads it and notices changes; stamps: what has changed
relations            what reading one of PostgreSQL's own catalogs means
"""
