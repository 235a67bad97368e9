"""The engine: one OS thread with one event loop that owns the connection to one app-server.

All input and output of a client happens here and nowhere else. The faces call `Engine` from any
OS thread and any event loop, and wait on what it fills: `Completion`s and turn buffers.
"""
