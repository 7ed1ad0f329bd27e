"""Settings: their sources in rising order, and clear errors for what is not one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from directives.errors import SettingsError
from directives.settings import load_settings
from directives.settings import project_root


def write(root: Path, table: str) -> Path:
    (root / "pyproject.toml").write_text(f"[tool.directives]\n{table}\n")
    return root


def test_later_sources_win(tmp_path: Path) -> None:
    """pyproject.toml, then the environment, then configure()."""
    write(tmp_path, 'endpoint = "/a"\nbody_size_limit = 1\nbuild_id = "one"')
    settings = load_settings(
        tmp_path, {"DIRECTIVES_ENDPOINT": "/b", "DIRECTIVES_BODY_SIZE_LIMIT": "2"}, {"endpoint": "/c"}
    )
    assert (settings.endpoint, settings.body_size_limit, settings.build_id) == ("/c", 2, "one")


def test_defaults_need_no_file(tmp_path: Path) -> None:
    """A project without a pyproject.toml has the documented defaults."""
    settings = load_settings(tmp_path, {})
    assert (settings.endpoint, settings.body_size_limit, settings.debug) == ("/_directives", 1 << 20, False)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("debug", "yes", True),
        ("debug", "0", False),
        ("call_timeout", "2.5", 2.5),
        ("cache_early_refresh", "0.1", 0.1),
        ("packages", "shop, tools", ("shop", "tools")),
        ("live_tags", "stock,user:*", ("stock", "user:*")),
        ("live_tags", "true", ("*",)),
        ("live_tags", "off", ()),
        ("live_streams", "8", 8),
        ("secret_keys", "one,two", ("one", "two")),
        ("cache_handlers", "fast=redis://a,slow=sqlite:///b", {"fast": "redis://a", "slow": "sqlite:///b"}),
        (
            "cache_handlers",
            "fast=redis://a,b:6380?near=1MB, x-2=memory://",
            {"fast": "redis://a,b:6380?near=1MB", "x-2": "memory://"},
        ),
        ("exposure", "declared", "declared"),
        ("url", "http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_variables_are_parsed_by_type(tmp_path: Path, name: str, text: str, value: Any) -> None:
    """A variable's text becomes a value of its setting's type."""
    settings = load_settings(tmp_path, {f"DIRECTIVES_{name.upper()}": text})
    assert getattr(settings, name) == value


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"endpiont": "/x"}, "there is no setting 'endpiont'; did you mean 'endpoint'?"),
        ({"debug": "yes"}, "setting 'debug' must be true or false, not 'yes'"),
        ({"live_streams": -1}, "must be a whole number, 0 or more, not -1"),
        ({"cache_early_refresh": 2}, "must be a number from 0 to 1, not 2"),
        ({"debug": 1}, "setting 'debug' must be true or false, not 1"),
        ({"body_size_limit": -1}, "must be a whole number of bytes, 0 or more, not -1"),
        ({"body_size_limit": True}, "must be a whole number of bytes, 0 or more, not True"),
        ({"call_timeout": 0}, "must be a number of seconds, more than 0, not 0"),
        ({"call_timeout": True}, "must be a number of seconds, more than 0, not True"),
        ({"call_timeout": float("inf")}, "must be a number of seconds, more than 0, not inf"),
        ({"endpoint": "x"}, 'must be a URL path such as "/_directives"'),
        ({"packages": "shop"}, "must be a list of texts, not 'shop'"),
        ({"build_id": ""}, "must be a text that is not empty"),
        ({"exposure": "none"}, """must be "all" or "declared", not 'none'"""),
        ({"cache_handlers": {"fast": 1}}, "must be a table such as"),
        ({"cache_handlers": {"my store": "redis://x"}}, "with names of letters, digits, _ and -"),
        ({"cache_handlers": {"private": "redis://x"}}, "keeps nothing on the server"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    """The error says which key, where it was set, and what it must be."""
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path, {}, values)
    assert message in str(refused.value)
    assert "directives.configure()" in str(refused.value)
    assert refused.value.key == next(iter(values))


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"DIRECTIVES_ENDPIONT": "/x"},
            "no setting 'DIRECTIVES_ENDPIONT'; did you mean 'DIRECTIVES_ENDPOINT'?",
        ),
        (
            {"DIRECTIVES_DEBUG": "maybe"},
            "the environment: setting 'debug' must be true or false, not 'maybe'",
        ),
        ({"DIRECTIVES_BODY_SIZE_LIMIT": "1 MB"}, "must be a whole number of bytes, 0 or more, not '1 MB'"),
    ],
)
def test_wrong_variables_are_named(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    """A variable that sets nothing is an error too."""
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path, environ)
    assert message in str(refused.value)


def test_what_is_like_no_setting_is_likened_to_none(tmp_path: Path) -> None:
    """What all variables begin with makes none of them alike."""
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path, {"DIRECTIVES_FOO": "1"})
    assert "did you mean" not in str(refused.value)


def test_secrets_are_in_no_error_and_no_repr(tmp_path: Path) -> None:
    """Not even a malformed one."""
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path, {}, {"secret_keys": "hush hush"})
    assert "hush" not in str(refused.value)
    assert "hush" not in repr(load_settings(tmp_path, {}, {"secret_keys": ["hush hush"]}))


@pytest.mark.parametrize("text", ["redis://me:hush@cache", '{"remote": "redis://me:hush@cache"}', "remote="])
def test_passwords_of_stores_are_in_no_error_and_no_repr(tmp_path: Path, text: str) -> None:
    """An address may hold a password; a variable that is none of ``name=address`` says how it is written."""
    with pytest.raises(SettingsError, match="in a variable fast=redis://localhost") as refused:
        load_settings(tmp_path, {"DIRECTIVES_CACHE_HANDLERS": text})
    assert "hush" not in str(refused.value)
    settings = load_settings(tmp_path, {}, {"cache_handlers": {"remote": "redis://me:hush@cache"}})
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("text", ["[tool.directives", "[tool]\ndirectives = 1", "\udcff"])
def test_a_broken_pyproject_is_named(tmp_path: Path, text: str) -> None:
    """The error names the file and what is wrong with it."""
    (tmp_path / "pyproject.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError, match=r"pyproject\.toml"):
        load_settings(tmp_path, {})


def test_a_pyproject_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The error names the file and says why."""
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(SettingsError, match=r"pyproject\.toml cannot be read: Is a directory"):
        load_settings(tmp_path, {})


def test_the_root_is_the_nearest_project(tmp_path: Path) -> None:
    """Upward of the working directory; without any project file, that directory."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project_root(inner) == inner
    write(tmp_path / "a", "")
    assert project_root(inner) == tmp_path / "a"
