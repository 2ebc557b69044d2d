"""Settings that cannot be: a sentence that names the variable, a code, exit 2, and never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.storage.settings import DataFolderUnusable, SettingInvalid, Settings

BAD = [
    ({"TANYU_PORT": "abc"}, "TANYU_PORT"),
    ({"TANYU_PORT": "99999"}, "TANYU_PORT"),
    ({"TANYU_PORT": "65300"}, "TANYU_CHAIN_PORT"),
    ({"TANYU_CONFIRMATIONS": "-1"}, "TANYU_CONFIRMATIONS"),
    ({"DATABASE_URL": "foo://x"}, "DATABASE_URL"),
    ({"DATABASE_URL": "no url"}, "DATABASE_URL"),
    ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
]


@pytest.mark.parametrize(("environment", "name"), BAD)
def test_setting__that_cannot_be__is_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(SettingInvalid) as refusal:
        Settings.of_environment()
    assert refusal.value.fields["setting"] == name
    assert name in refusal.value.message


def test_data_folder__that_cannot_be__says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (Path("/proc/nope"), tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataFolderUnusable) as refusal:
            Settings(data_dir=folder).make_data_dir()
        assert refusal.value.code == "settings.data_folder_unusable"
    Settings(data_dir=tmp_path / "new" / "folder").make_data_dir()
    assert (tmp_path / "new" / "folder").is_dir()


@pytest.mark.parametrize(
    ("command", "environment", "code"),
    [
        ("up", {"TANYU_PORT": "abc"}, "settings.invalid"),
        ("up", {"TANYU_DATA_DIR": "/proc/nope"}, "settings.data_folder_unusable"),
        ("migrate", {"DATABASE_URL": "foo://x"}, "settings.invalid"),
    ],
)
def test_command__with_a_bad_setting__exits_2_without_a_traceback(
    command: str, environment: dict[str, str], code: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "backend.cli", command, "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TANYU_DATA_DIR": str(tmp_path)} | environment,
    )
    assert (ran.returncode, json.loads(ran.stdout)["code"]) == (2, code)
    assert "Traceback" not in ran.stderr
