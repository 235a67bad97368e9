"""Python functions as tools, behind `codex_app_server.tools`: signatures, schemas, validation, results; no I/O of a client."""
