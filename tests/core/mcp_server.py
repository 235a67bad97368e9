"""A small MCP server on stdio, without dependencies, for the tests: run it with `sys.executable`.

Its tools: `echo`; `look`, which is marked as read-only; `ask`, which asks the user by an elicitation and returns the
answer as JSON; `boom`, which fails.
"""

from __future__ import annotations

import json
import sys
from typing import Any

Message = dict[str, Any]

TEXT: Message = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
READ_ONLY: Message = {"annotations": {"readOnlyHint": True}}
TOOLS: list[Message] = [
    {"name": "echo", "description": "Say it again.", "inputSchema": TEXT},
    {"name": "look", "description": "Look at it.", "inputSchema": TEXT, **READ_ONLY},
    {"name": "ask", "description": "Ask the user.", "inputSchema": TEXT, **READ_ONLY},
    {"name": "boom", "description": "Fail.", "inputSchema": {"type": "object"}, **READ_ONLY},
]
FORM: Message = {
    "type": "object",
    "properties": {
        "color": {"type": "string", "enum": ["red", "blue"]},
        "name": {"type": "string", "title": "Name", "description": "Your name"},
    },
    "required": ["name"],
}


def send(message: Message) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def receive() -> Message:
    line = sys.stdin.readline()
    if not line:
        raise SystemExit
    message: Message = json.loads(line)
    return message


def ask(text: str) -> str:
    params = {"message": text, "requestedSchema": FORM}
    send({"id": "ask", "method": "elicitation/create", "params": params})
    while True:
        message = receive()
        if message.get("id") == "ask" and "method" not in message:
            return json.dumps(message.get("result", message.get("error")), sort_keys=True)


def call(name: str, arguments: Message) -> Message:
    if name == "boom":
        return {"content": [{"type": "text", "text": "it failed"}], "isError": True}
    text = ask(arguments["text"]) if name == "ask" else f"{name}: {arguments['text']}"
    return {"content": [{"type": "text", "text": text}]}


def result_of(method: str, params: Message) -> Message | None:
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "demo", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        return call(params["name"], params.get("arguments") or {})
    return {} if method == "ping" else None


def main() -> None:
    while True:
        message = receive()
        if "id" not in message or "method" not in message:
            continue
        result = result_of(message["method"], message.get("params") or {})
        error = {"code": -32601, "message": "no such method"}
        send({"id": message["id"], **({"error": error} if result is None else {"result": result})})


if __name__ == "__main__":
    main()
