"""Every example in a numbered folder runs on the true app-server, and prints what it promises; both faces the same."""

from __future__ import annotations

import io
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# Where Ray is installed, tests/ray/test_examples.py runs that one.
FILES = sorted(path for path in EXAMPLES.glob("[0-9]*/*sync.py") if path.parent.name != "30_ray")

EXPECTED = {
    "01_quickstart_constructor": "server: codex app-server\ncompleted: Hello, nice to meet you.\n",
    "02_turn_run": (
        "running: True\ncompleted: Roses are red.\nitems: ['userMessage', 'agentMessage']\n"
        "tokens were counted: True\n"
    ),
    "03_turn_stream_events": (
        "[command_execution ... completed: hello]\nThe command printed hello.\ncompleted\n"
    ),
    "05_existing_thread": "Hello, Rose.\nYour name is Rose.\nturns: 2\n",
    "06_thread_lifecycle_and_controls": (
        "listed as: ['the number']\na fork: completed True\nsteered: Made short.\ninterrupted: interrupted\n"
        "compacted: completed\narchived: True\n"
    ),
    "07_image_and_text": "I see one image.\n",
    "08_local_image_and_text": "I see one image.\n",
    "09_async_parity": "add(20, 22)\nIt is 42.\nturns: 1\nmodels: True\n",
    "10_error_handling_and_retry": (
        "status: failed\nfailed: True\ntoo slow: interrupted\nno such thread: thread/resume\nAll is well.\n"
        "closed: ClientClosedError\n"
    ),
    "12_turn_params_kitchen_sink": "completed: {'name': 'text', 'reason': 'text'}\n",
    "14_langchain_chain": (
        "The capital of Norway is Oslo.\nThe capital of France is Paris.\n"
        "['The capital of France is Paris.', 'The capital of Norway is Oslo.']\n"
    ),
    "15_langchain_tools": (
        "human: The weather in Paris and in Oslo?\nai: [{'city': 'Paris'}, {'city': 'Oslo'}]\n"
        "tool: sunny in Paris\ntool: sunny in Oslo\nai: Sunny in both.\n"
    ),
    "16_langchain_structured_output": (
        "Joke(setup='Why did the cat sit on the laptop?', punchline='To watch the mouse.')\n"
    ),
    "17_langchain_rag_code_change": (
        "The timeout is 30 seconds now, as the notes ask for.\nTIMEOUT_S = 30\n"
    ),
    "18_langchain_fan_out": "It may rain. Nothing.\nA walk is cheap, and may be wet.\n",
    "19_langchain_memory": "Hello, Rose.\nYour name is Rose. True\n",
    "20_langgraph_human_approval": "asked: True\nmade: False\nThe file is there.\nmade: True\n",
    "21_langchain_deepagents": (
        "the coder: limits.py is written.\nThe timeout is 30 seconds now; the coder wrote limits.py.\n"
        "TIMEOUT_S = 30\n"
    ),
    "22_llama_index_agent": (
        "[get_weather: sunny in Paris]\nIt is sunny in Paris.\ntools called: ['get_weather']\n"
    ),
    "23_llama_index_handoff": "desk has had its turn\nweather has had its turn\nIt is sunny in Paris.\n",
    "24_llama_index_query_engine": "Red.\nRed.\n",
    "25_llama_index_saved_context": "Hello, Rose.\nYour name is Rose.\n",
    "26_llama_index_approvals": "asked: True\nThe file is there.\nmade: True\n",
    "30_ray": "It may rain. Nothing.\nTake an umbrella.\nworkers: 2\n",
    "31_opentelemetry": (
        "Rose knows of the report.\nreport\n  invoke_agent codex\n    chat mock-model\n"
        "    execute_tool command_execution\n      wait_for_approval\n    chat mock-model\n"
        "    execute_tool tell\n      send mail\n    chat mock-model\n"
    ),
}
# What depends on the models that the server knows, or on where deltas are cut.
PATTERNS = {
    "04_models_and_metadata": r"codex app-server 0\.\d+\.\d+ \w+\n(\S+: [\w, ]+( \(default\))?\n)+",
    "11_cli_mini_app": r"you> codex> Hello yourself\.\nyou> codex> Tell me more\.\nyou> bye\n",
    "13_model_select_and_turn_params": r"chosen: (\S+), low\n(model \1, effort low\n){2}",
    "27_fastapi_sse": (
        r'text/event-stream; charset=utf-8\n(event: text\ndata: \{"text": "[\w .]+"\}\n\n)+'
        r'event: end\ndata: \{"status": "completed"\}\n\nthe long turn: interrupted\n'
    ),
}

# What LlamaIndex does with every agent class: it looks at the members of the agent object, and says that it does not
# write its memory down (the thread of Codex remembers).
THIRD_PARTY = (
    "ignore:The `__fields.*` attribute is deprecated:DeprecationWarning",
    "ignore:Accessing the 'model_.*' attribute on the instance is deprecated:DeprecationWarning",
    "ignore:Skipping serialization of known unserializable key. memory",
    "ignore:is_running called from within a step:DeprecationWarning",
)


def test_every_example_is_known_here() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/*.py")}
    assert folders == {*EXPECTED, *PATTERNS, "28_pytest_of_a_chain"}
    assert {path.name for folder in folders for path in (EXAMPLES / folder).glob("*.py")} == {
        "sync.py",
        "async.py",
        "test_my_chain.py",
    }


@pytest.mark.filterwarnings(*THIRD_PARTY)
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_example_prints_what_it_promises(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if (path.parent / "requirements.txt").exists():
        pytest.importorskip(
            "deepagents", reason="it needs Python 3.11, and is in the environment of `dev.py test` alone"
        )
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\nwell\n\n"))
    runpy.run_path(str(path), run_name="__main__")
    out, err = capsys.readouterr()
    folder = path.parent.name
    if folder in EXPECTED:
        assert out == EXPECTED[folder]
    else:
        assert re.fullmatch(PATTERNS[folder], out), out
    assert err == ""


def test_the_tests_of_the_example_pass() -> None:
    folder = str(EXAMPLES / "28_pytest_of_a_chain")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", folder]
    done = subprocess.run(
        command, cwd=EXAMPLES.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert "4 passed" in done.stdout, done.stdout
