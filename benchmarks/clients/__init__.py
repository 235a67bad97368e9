"""The clients that are measured, a module each: all of them do the same with the stand-in server.

A module has `WORD` (what it is called), `open_client(argv)` and the functions that `measures.py` calls on it.
"""
