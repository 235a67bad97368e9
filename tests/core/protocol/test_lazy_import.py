"""Types are imported when they are used: seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

from codex_app_server import protocol

AREAS = "{name.rsplit('.', 1)[1] for name in sys.modules if '._generated.' in name} - {'index', 'methods'}"


def _python(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", f"import sys\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_importing_the_package_does_not_import_pydantic():
    assert _python("import codex_app_server.protocol\nprint('pydantic' in sys.modules)") == "False"


def test_listing_the_methods_does_not_import_pydantic():
    code = "from codex_app_server.protocol import client_methods, SCHEMA_VERSION\nassert client_methods()"
    assert _python(f"{code}\nprint('pydantic' in sys.modules)") == "False"


def test_importing_one_type_imports_only_the_modules_that_it_needs():
    assert _python(f"from codex_app_server.protocol import ThreadItem\nprint({AREAS})") == "{'turns'}"


def test_the_events_of_a_turn_need_at_most_a_fifth_of_the_models():
    code = """
from codex_app_server.protocol import notification_model, WireModel
for method in ("turn/completed", "item/started", "item/completed", "thread/tokenUsage/updated"):
    notification_model(method)
def count(kind):
    return sum(1 + count(sub) for sub in kind.__subclasses__())
print(count(WireModel))
"""
    loaded = int(_python(code))
    everything = [getattr(protocol, name) for name in protocol.__all__]
    models = [kind for kind in everything if isinstance(kind, type) and issubclass(kind, protocol.WireModel)]
    assert 0 < loaded <= len(models) / 5


def test_a_first_use_from_many_threads_at_once_works():
    code = """
import threading
from codex_app_server.protocol import notification_model
raw = {"threadId": "t", "turn": {"id": "u", "status": "completed", "items": [
    {"type": "agentMessage", "id": "a", "text": "x"}, {"type": "new"}]}}
sys.setswitchinterval(1e-6)
barrier, results = threading.Barrier(12), []
def use():
    barrier.wait()
    results.append(notification_model("turn/completed").model_validate(raw).to_wire() == raw)
threads = [threading.Thread(target=use) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(results == [True] * 12)
"""
    assert _python(code) == "True"


def test_every_exported_name_exists_and_the_list_has_no_name_twice():
    assert len(set(protocol.__all__)) == len(protocol.__all__)
    assert all(hasattr(protocol, name) for name in protocol.__all__)
    assert set(protocol.__all__) <= set(dir(protocol))


def test_a_name_that_does_not_exist_is_an_attribute_error():
    assert not hasattr(protocol, "NoSuchType")
