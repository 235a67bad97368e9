"""The version of this distribution; the core and its adapters are released together."""

__version__ = "0.1.0"
