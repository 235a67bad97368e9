"""The fixtures, as a user's own tests see them, and the set-up they make."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from codex_app_server.testing import ScriptedCodexFactory, ScriptedModel, scripted_codex

pytest_plugins = ["pytester"]

# Plugins that happen to be installed here are not the subject.
ARGUMENTS = ("-p", "codex_app_server.testing.pytest_plugin", "-q")


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str) -> pytest.RunResult:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(source)
    return pytester.runpytest_subprocess(*ARGUMENTS)


def test_fixtures_set_up_and_clean_up(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        import subprocess
        from codex_app_server.testing import steps

        seen = []

        def test_both(scripted_codex, fake_codex):
            codex, other = scripted_codex("Hello!"), scripted_codex("Bye!", model_name="gpt-5.5")
            assert codex.model.base_url != other.model.base_url
            assert (codex.home / "config.toml").is_file()
            server = fake_codex([steps.exit_with(3)])
            assert subprocess.run(server.argv).returncode == 3
            seen.extend([codex, other])

        def test_gone():
            for codex in seen:
                assert not codex.home.exists() and not codex.workspace.exists()
                assert not codex.model.is_running
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_failing_script_or_scenario_fails_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(
        pytester,
        monkeypatch,
        """
        import subprocess, urllib.error, urllib.request
        from codex_app_server.testing import steps

        def test_script(scripted_codex):
            codex = scripted_codex(lambda request: None)
            try:
                urllib.request.urlopen(codex.model.base_url + "/responses", b"{}").close()
            except urllib.error.HTTPError as error:
                error.close()

        def test_scenario(fake_codex):
            server = fake_codex([steps.expect("never")])
            subprocess.run(server.argv, stdin=subprocess.DEVNULL)
        """,
    )
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*ScriptError: a script gave None*", "*FakeServerError: stdin was closed*"])


def test_the_plugin_loads_nothing_of_the_kit() -> None:
    program = (
        "import sys, codex_app_server.testing.pytest_plugin\n"
        "print(sorted(name for name in sys.modules if name.startswith('codex_app_server.testing')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['codex_app_server.testing', 'codex_app_server.testing.pytest_plugin']"


def test_the_set_up_is_what_was_asked_for(scripted_codex: ScriptedCodexFactory) -> None:
    tricky = 'a "quoted" \\ path\n\x7f'
    codex = scripted_codex(
        "Hello!",
        extra_config={
            "features": {"goals": True},
            "projects": {tricky: {"trust_level": "trusted"}},
            "n": [1, 2.5],
        },
        env={"EXTRA": "1"},
        request_max_retries=3,
    )
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no TOML reader")
    config: dict[str, Any] = tomllib.loads((codex.home / "config.toml").read_text(encoding="utf-8"))
    assert config["model_providers"]["scripted"]["base_url"] == codex.model.base_url
    assert config["model_providers"]["scripted"]["request_max_retries"] == 3
    assert config["features"]["goals"] is True
    assert config["features"]["plugins"] is False
    assert config["projects"] == {tricky: {"trust_level": "trusted"}}
    assert config["n"] == [1, 2.5]
    assert codex.env["CODEX_HOME"] == str(codex.home)
    assert (codex.config.env["EXTRA"], codex.config.cwd) == ("1", str(codex.workspace))


def test_the_true_server_accepts_the_configuration(
    codex: Callable[..., Any], scripted_codex: ScriptedCodexFactory
) -> None:
    probe = codex(scripted_codex("Hello!", extra_config={"projects": {'/a "b"': {"trust_level": "trusted"}}}))
    seen = probe.request("config/read", {"includeLayers": False})["config"]
    assert (seen["model_provider"], seen["approval_policy"]) == ("scripted", "never")


def test_a_running_model_is_left_running() -> None:
    with ScriptedModel("Hello!") as model:
        with scripted_codex(model) as codex:
            assert codex.model is model
        assert model.is_running
    assert not model.is_running


def test_a_value_without_a_toml_form_is_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(TypeError), scripted_codex("Hello!", extra_config={"x": None}):
        pytest.fail("not reached")
    assert list(tmp_path.iterdir()) == []


def test_what_a_server_leaves_after_its_set_up_is_removed_later(codex: Callable[..., Any]) -> None:
    with scripted_codex("Hello!") as scripted:
        probe = codex(scripted)
        probe.turn(probe.thread(ephemeral=False), "hi")
    # Whether a dying server makes its home anew is a race; here it surely did.
    (scripted.home / "shell_snapshots").mkdir(parents=True, exist_ok=True)
    assert probe.close() == 0
    with scripted_codex("Bye!"):
        pass
    assert not scripted.home.parent.exists()
