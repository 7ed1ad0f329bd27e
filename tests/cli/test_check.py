"""``directives check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from directives.cli import main

WRONG = {
    "pyproject.toml": "",
    "pkg/__init__.py": "",
    "pkg/near_miss.py": "async def f():\n    'use sever'\n",
    "pkg/sync.py": "'use server'\ndef f(): pass\ndef g(): pass\n",
    "pkg/no_python.py": "x = (\n",
    "pkg/no_text.py": b"x = '\xff'\n",
    "pkg/zero.py": b"x = 1\0\n",
    "pkg/stray.py": "return 3\n",
    "pkg/fine.py": "'use server'\nasync def f(): pass\n",
}
FOUND = {
    ("pkg/near_miss.py", "misspelled-directive"),
    ("pkg/sync.py", "sync-server-function"),
    ("pkg/no_python.py", "syntax-error"),
    ("pkg/no_text.py", "syntax-error"),
    ("pkg/zero.py", "syntax-error"),
    ("pkg/stray.py", "syntax-error"),
}


def test_a_clean_project_exits_with_0(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing found means exit code 0 and nothing on stdout."""
    assert main(["check"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "3 files, 0 errors, 0 warnings\n")


def test_every_error_of_a_project_is_reported_at_once(write, capsys: pytest.CaptureFixture[str]) -> None:
    """One run finds all errors of all files, files that are no Python included, and exits with 1."""
    write(WRONG)
    assert main(["check", "--format=json"]) == 1
    findings = json.loads(capsys.readouterr().out)
    assert {(f["file"], f["slug"]) for f in findings} == FOUND
    assert sum(f["file"] == "pkg/sync.py" for f in findings) == 2
    required = {"file", "line", "column", "slug", "severity", "message", "hint"}
    assert all(required <= f.keys() and f["severity"] == "error" for f in findings)


def test_json_counts_lines_and_columns_from_1(write, capsys: pytest.CaptureFixture[str]) -> None:
    """Positions are those an editor shows."""
    write(WRONG)
    main(["check", "--format=json", "pkg/near_miss.py"])
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["line"], finding["column"], finding["end_column"]) == (2, 5, 16)


def test_text_underlines_the_line(write, capsys: pytest.CaptureFixture[str]) -> None:
    """The text format shows place, slug, source line and hint, without colours in a pipe."""
    write(WRONG)
    assert main(["check", "pkg/near_miss.py"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("pkg/near_miss.py:2:5: error[misspelled-directive]")
    assert "^^^^^^^^^^^" in out
    assert "help:" in out
    assert "\x1b" not in out
    assert err == "1 file, 1 error, 0 warnings\n"


def test_github_format_is_one_escaped_command_per_finding(write, capsys: pytest.CaptureFixture[str]) -> None:
    """Percent signs, line ends, and in properties colons and commas cannot end a field early."""
    write({"pyproject.toml": "", "a,b/100%.py": "async def f():\n    'use sever'\n"})
    assert main(["check", "--format=github", "a,b/100%.py"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        "::error file=a%2Cb/100%25.py,line=2,col=5,endLine=2,endColumn=16,title=misspelled-directive::"
    )
    assert "%0Ahelp: " in line


def test_a_folder_limits_the_check(write, capsys: pytest.CaptureFixture[str]) -> None:
    """Only files below the folders that are named count."""
    write(WRONG | {"other/fine.py": "x = 1\n"})
    assert main(["check", "other"]) == 0
    assert capsys.readouterr().err == "1 file, 0 errors, 0 warnings\n"


def test_each_path_is_judged_by_its_own_project(write, capsys: pytest.CaptureFixture[str]) -> None:
    """The settings are those of the nearest pyproject.toml upward of the path."""
    sync = "'use server'\ndef f(): pass\n"
    allowed = "[tool.directives]\nallow_sync_server_functions = true\n"
    write({"one/pyproject.toml": allowed, "one/a.py": sync, "two/pyproject.toml": "", "two/b.py": sync})
    assert main(["check", "--format=json", "one", "two/b.py"]) == 1
    assert [f["file"] for f in json.loads(capsys.readouterr().out)] == ["two/b.py"]


def test_a_missing_path_is_misuse(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that does not exist exits with 2 and one line on stderr."""
    assert main(["check", "nowhere"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "nowhere" in err
    assert err.count("\n") == 1


def test_a_wrong_setting_is_one_line(write, capsys: pytest.CaptureFixture[str]) -> None:
    """A setting that does not exist is named, with the exit code of a failure."""
    write({"pyproject.toml": "[tool.directives]\nendpont = '/x'\n"})
    assert main(["check"]) == 1
    err = capsys.readouterr().err
    assert "endpont" in err
    assert err.count("\n") == 1


def test_sarif_is_one_run_with_its_rules(write, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding has its rule, its place and, where there is one, its repair; addresses are encoded."""
    write(
        {
            "pyproject.toml": "",
            "a b/größe.py": "async def f():\n    'use sever'\n\ndef g():\n    'use server'\n",
        }
    )
    assert main(["check", "--format=sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    near_miss, sync = run["results"]
    assert log["version"] == "2.1.0"
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        "misspelled-directive",
        "sync-server-function",
    ]
    place = near_miss["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b/gr%C3%B6%C3%9Fe.py"}
    assert place["region"] == {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 16}
    assert near_miss["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {
        "text": "'use server'"
    }
    assert "fixes" not in sync
    assert run["tool"]["driver"]["rules"][0]["help"] == {
        "text": "write '…', to the letter, or reword the string if it is not meant as a directive"
    }


def test_sarif_of_what_several_files_show(write, capsys: pytest.CaptureFixture[str]) -> None:
    """Rules about imports are among the rules, too."""
    write({"pyproject.toml": "", "widgets.py": "'use client'\nimport not_there\ndef Counter(): return 'x'\n"})
    assert main(["check", "--format=sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], run["results"][0]["ruleIndex"]) == ("foreign-in-bundle", 0)


MENDED = [
    ("async def f():\n    'use sever'\n", "async def f():\n    'use server'\n"),
    ('async def f():\n    """Use server."""\n', 'async def f():\n    "use server"\n'),
    ("async def f():\n\t('use server')\n", "async def f():\n\t'use server'\n"),
    ("async def f():\n    f'use server'; return 1\n", "async def f():\n    'use server'; return 1\n"),
    ("async def f():\n    'use server',\n", "async def f():\n    'use server'\n"),
    ("async def f():\n    ('use '\n     'server')\n", "async def f():\n    'use server'\n"),
    ("def größe():\r\n    'use cache:remote'\r\n    return 'ä'\r\n", "def größe():\r\n    'use cache: remote'\r\n    return 'ä'\r\n"),
    ("\ufeffdef f():\n    'Use cache'\n", "\ufeffdef f():\n    'use cache'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "right"), MENDED)
def test_fix_mends_near_misses(write, wrong: str, right: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The string becomes the directive that was meant; every other byte of the file stays."""
    write({"pyproject.toml": "", "near.py": wrong.encode()})
    assert main(["check", "--fix", "near.py"]) == 0
    assert Path("near.py").read_bytes() == right.encode()
    assert capsys.readouterr().err == "1 file, 0 errors, 0 warnings, 1 mended\n"


def test_fix_keeps_the_encoding_and_the_mode_of_a_file(write) -> None:
    """A file in Latin-1 that can be executed stays one."""
    write(
        {
            "pyproject.toml": "",
            "near.py": "# coding: latin-1\nasync def größe():\n    'use sever'\n".encode("latin-1"),
        }
    )
    Path("near.py").chmod(0o755)
    assert main(["check", "--fix"]) == 0
    assert Path("near.py").read_bytes().decode("latin-1").splitlines()[1:] == [
        "async def größe():",
        "    'use server'",
    ]
    assert Path("near.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "source",
    [
        "async def f():\n    'use server', print()\n",
        "async def f():\n    return 1\n    'use server'\n",
        "def f():\n    'use cache: elsewhere-entirely'\n",
        "x = (\n",
    ],
)
def test_fix_leaves_what_it_cannot_mend(write, source: str) -> None:
    """What needs a person's judgement is reported, and the file is not written."""
    write({"pyproject.toml": "", "wrong.py": source})
    before = Path("wrong.py").stat()
    assert main(["check", "--fix"]) == 1
    assert Path("wrong.py").read_text() == source
    assert Path("wrong.py").stat().st_mtime_ns == before.st_mtime_ns


def test_fix_never_makes_two_directives_of_one_body(write) -> None:
    """Where a repair leaves as much to find as before, the file stays as it is."""
    source = "async def f():\n    'use server'\n    'use clent'\n"
    write({"pyproject.toml": "", "two.py": source})
    assert main(["check", "--fix"]) == 1
    assert Path("two.py").read_text() == source
