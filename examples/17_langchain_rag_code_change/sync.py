"""A retrieval chain that ends in a change of code: notes are found, and Codex follows them in a folder.

python examples/17_langchain_rag_code_change/sync.py [--live]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from codex_app_server import AppServerConfig, Codex
from codex_app_server.testing import custom_call, scripted_codex, text
from langchain_codex import CodexAgent
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

# What the scripted model says.
PATCH = """\
*** Begin Patch
*** Update File: settings.py
@@
-TIMEOUT_S = 5
+TIMEOUT_S = 30
*** End Patch
"""
SCRIPT = [
    [
        text("The notes say 30 seconds.", phase="commentary"),
        custom_call("apply_patch", PATCH),
    ],
    "The timeout is 30 seconds now, as the notes ask for.",
]

NOTES = [
    Document("Timeouts of network calls are 30 seconds."),
    Document("Names of constants are in capital letters."),
    Document("Lunch is at noon."),
]
PROMPT = ChatPromptTemplate.from_template("What our notes say:\n{notes}\n\nThe task: {task}")


def find(task: str) -> str:
    """Return the notes that share a word with the task; a vector store would do it better."""
    words = {word.strip(".").lower().rstrip("s") for word in task.split() if len(word) > 4}
    found = [
        note for note in NOTES if words & {word.lower().rstrip("s") for word in note.page_content.split()}
    ]
    return "\n".join(note.page_content for note in found)


def main(config: AppServerConfig) -> None:
    """Run the example."""
    with tempfile.TemporaryDirectory() as folder, Codex(config) as codex:
        settings = Path(folder, "settings.py")
        settings.write_text("TIMEOUT_S = 5\n")
        agent = CodexAgent(codex=codex, cwd=folder, sandbox="workspace-write", approval_policy="never")
        chain = {"notes": RunnableLambda(find), "task": RunnablePassthrough()} | PROMPT | agent

        result = chain.invoke("Set the timeout in settings.py as our notes say.")
        print(result["messages"][-1].text)
        print(settings.read_text().strip())


if __name__ == "__main__":
    if "--live" in sys.argv:
        main(AppServerConfig())
    else:
        with scripted_codex(SCRIPT, model_name="gpt-5.5") as scripted:
            main(scripted.config)
