"""The command line, `python -m codex_app_server`. Not imported by the client."""
