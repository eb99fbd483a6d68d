from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from digest.config import secret
from digest.config.settings import Relay
from digest.errors import Misconfigured

KEY = "A" * 52
OLD = "B" * 52


def test_a_new_key_is_long_random_and_for_the_owner_alone(tmp_path: Path):
    path = secret.make(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().strip()) == 52
    assert list(tmp_path.iterdir()) == [tmp_path / "secret.key"]


def test_a_key_that_is_there_is_kept(tmp_path: Path):
    first = secret.make_and_read(tmp_path, {})

    assert secret.make_and_read(tmp_path, {}) == first


def test_many_processes_that_make_it_at_once_agree(tmp_path: Path):
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        rings = list(pool.map(secret.make_and_read, [tmp_path] * 16, [{}] * 16))

    assert len(set(rings)) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "secret.key"]


def test_the_ring_is_read_newest_first_without_comments(tmp_path: Path):
    path = tmp_path / "secret.key"
    path.write_text(f"# since November\n{KEY}\n\n  {OLD}  \n")
    path.chmod(0o600)

    assert secret.ring(tmp_path, {}) == (KEY.encode(), OLD.encode())


def test_the_environment_wins_and_makes_no_file(tmp_path: Path):
    (tmp_path / "docker").write_text(f"{OLD}\n")

    assert secret.make_and_read(tmp_path, {"DIGEST_SECRET": f"{KEY}\n{OLD}"}) == (
        KEY.encode(),
        OLD.encode(),
    )
    assert secret.make_and_read(tmp_path, {"DIGEST_SECRET_FILE": str(tmp_path / "docker")}) == (
        OLD.encode(),
    )
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o644])
def test_a_key_that_others_can_read_is_refused_with_the_cure(tmp_path: Path, mode: int):
    path = secret.make(tmp_path)
    path.chmod(mode)

    with pytest.raises(Misconfigured, match=f"can be read by others; run `chmod 600 {path}`"):
        secret.ring(tmp_path, {})


def test_a_group_may_be_let_read_the_key(tmp_path: Path):
    secret.make(tmp_path).chmod(0o640)

    assert len(secret.ring(tmp_path, {})) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "holds no key; restore it from the backup"),
        (b"# nothing\n", "holds no key; restore it from the backup"),
        (b"short\n", "holds a key shorter than 32 characters, which could be guessed"),
        (b"\xff" * 40, "cannot be read (it is no plain text); restore it from the backup"),
    ],
)
def test_a_key_that_cannot_be_relied_on_is_told(tmp_path: Path, content: bytes, told: str):
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(Misconfigured) as caught:
        secret.make_and_read(tmp_path, {})

    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_key_of_another_user_is_no_key_to_restore(tmp_path: Path):
    secret.make(tmp_path).chmod(0)
    root = os.geteuid() == 0  # who may read everything

    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(Misconfigured, match="run this as its owner"):
            secret.ring(tmp_path, {})
    finally:
        if root:
            os.seteuid(0)


def test_a_missing_key_is_told_with_the_cure(tmp_path: Path):
    with pytest.raises(
        Misconfigured, match="is missing; `digest init` makes one, or set DIGEST_SECRET"
    ):
        secret.ring(tmp_path, {})


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    with pytest.raises(Misconfigured, match=r"cannot be made .*set DIGEST_SECRET"):
        secret.make(tmp_path / "nowhere")


def test_a_short_secret_in_the_environment_is_refused(tmp_path: Path):
    with pytest.raises(Misconfigured, match="DIGEST_SECRET holds a key shorter than 32"):
        secret.ring(tmp_path, {"DIGEST_SECRET": "hunter2"})


def test_the_file_that_the_environment_names_must_be_there_and_hold_something(tmp_path: Path):
    (tmp_path / "empty").write_text("\n")

    with pytest.raises(Misconfigured, match=r"DIGEST_SECRET_FILE names .*cannot be read"):
        secret.ring(tmp_path, {"DIGEST_SECRET_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(Misconfigured, match=r"DIGEST_SECRET_FILE names .*which is empty"):
        secret.ring(tmp_path, {"DIGEST_SECRET_FILE": str(tmp_path / "empty")})


def test_the_password_of_a_relay_comes_from_its_variable_or_the_file_it_names(tmp_path: Path):
    (tmp_path / "password").write_text("hunter2\n")
    relay = Relay(name="main", host="smtp.example.org", username="u", password_env="RELAY")

    assert secret.relay_password(relay, {"RELAY": "hunter2"}) == "hunter2"
    assert secret.relay_password(relay, {"RELAY_FILE": str(tmp_path / "password")}) == "hunter2"
    assert secret.relay_password(Relay(name="open", host="localhost"), {}) is None
    with pytest.raises(Misconfigured, match="set the environment variable RELAY, or RELAY_FILE"):
        secret.relay_password(relay, {})
