"""The areas of a client, such as `codex.account`: small classes of one request for each method.

The modules of the two faces have the same classes and methods; what they share is in `params` and `sources`.
"""
