"""Somebody approves a command hours later, after a restart: the approval is an interrupt of LangGraph.

python examples/20_langgraph_human_approval/sync.py [--live]
"""

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, TypedDict

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import ModelRequest, call, scripted_codex
from codex_app_server.testing.parts import Call
from langchain_codex import CodexAgent
from langchain_core.messages import AnyMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command


def answer(request: ModelRequest) -> str | Call:
    """Play the model: it wants to run a command, and after a restart it is told to try again."""
    outputs = len(request.tool_outputs)
    is_done = outputs > 1 if "was restarted" in str(request.input) else outputs > 0
    return "The file is there." if is_done else call("exec_command", cmd="touch made")


class State(TypedDict):
    """What the graph keeps."""

    messages: Annotated[list[AnyMessage], add_messages]


def graph_of(codex: Codex, folder: str, saver: InMemorySaver) -> Any:
    """Return a graph of one node: the Codex agent."""
    agent = CodexAgent(
        codex=codex, cwd=folder, sandbox="workspace-write", approval_policy="untrusted", approvals="interrupt"
    )
    builder = StateGraph(State)
    builder.add_node("codex", agent)
    builder.add_edge(START, "codex")
    return builder.compile(checkpointer=saver)


def main(config: AppServerConfig) -> None:
    """Run the example."""
    conversation: Any = {"configurable": {"thread_id": "customer-7"}}
    saver = InMemorySaver()  # what outlives the process; in production a database
    with tempfile.TemporaryDirectory() as folder:
        with Codex(config) as codex:
            graph = graph_of(codex, folder, saver)
            state = graph.invoke({"messages": [("user", "Make the file.")]}, conversation)
            print("asked:", state["__interrupt__"][0].value["command"].endswith("'touch made'"))
        print("made:", Path(folder, "made").exists())

        # The server is gone, and with it the turn that waited. A new one asks for the same command, and it is allowed.
        with Codex(config) as codex:
            graph = graph_of(codex, folder, saver)
            state = graph.invoke(Command(resume="accept"), conversation)
            print(state["messages"][-1].content)
        print("made:", Path(folder, "made").exists())


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(answer) as scripted:
            main(scripted.config)
