"""The protocol with no I/O: bytes or dicts in, values out. No await, no OS threads, no anyio."""
