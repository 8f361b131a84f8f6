"""Keys on disk: made once, private, and nothing but keys lets anyone in."""

import json
import os
import stat

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from homebody import keys
from homebody.errors import NotWritable, ProfileError, UsageError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_routers_pair_is_made_once_and_only_its_owner_may_read_it():
    with pytest.raises(ProfileError) as caught:
        keys.server_key()
    assert caught.value.remedy == "Make them with: homebody keys"
    made = keys.make_server_key()
    assert keys.make_server_key() == keys.server_key() == made
    assert zmq.curve_public(made.secret_key.encode()).decode() == made.public_key
    path = keys.keys_dir() / "router.json"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [entry.name for entry in path.parent.iterdir()] == ["router.json"]  # and no half-written file


def test_a_pair_that_others_may_read_is_refused():
    keys.make_server_key()
    path = keys.keys_dir() / "router.json"
    path.chmod(0o640)
    with pytest.raises(ProfileError) as caught:
        keys.server_key()
    assert caught.value.remedy == f"Take that right away: chmod 600 {path}"


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"public_key": "x", "secret_key": "y"}'])
def test_a_damaged_pair_is_refused_and_so_is_one_of_two_halves(damage):
    made = keys.make_server_key()
    path = keys.keys_dir() / "router.json"
    path.write_bytes(damage)
    with pytest.raises(ProfileError):
        keys.server_key()
    other = zmq.curve_keypair()[0].decode()
    path.write_text(json.dumps({"public_key": other, "secret_key": made.secret_key}))
    with pytest.raises(ProfileError):
        keys.server_key()


def test_a_new_client_is_listed_and_its_file_holds_all_it_needs(tmp_path):
    made = keys.add_new("kitchen", tmp_path / "kitchen.key")
    assert keys.client_key(tmp_path / "kitchen.key") == made
    assert mode(tmp_path / "kitchen.key") == 0o600
    assert made.server_key == keys.server_key().public_key
    assert keys.listed() == [("kitchen", made.public_key)]
    kept = b"".join(path.read_bytes() for path in keys.keys_dir().rglob("*") if path.is_file())
    assert made.secret_key.encode() not in kept
    assert made.secret_key not in repr(made)
    assert keys.server_key().secret_key not in repr(keys.server_key())


def test_a_client_is_listed_once_and_no_file_is_written_over(tmp_path):
    keys.add_new("kitchen", tmp_path / "kitchen.key")
    with pytest.raises(UsageError, match="named kitchen"):
        keys.add_new("kitchen", tmp_path / "other.key")
    with pytest.raises(UsageError, match="exists already"):
        keys.add_new("hall", tmp_path / "kitchen.key")
    with pytest.raises(NotWritable):
        keys.add_new("hall", tmp_path / "nowhere" / "hall.key")
    assert [client.name for client in keys.listed()] == ["kitchen"]  # what failed left nobody behind


def test_a_client_that_is_removed_is_no_longer_listed(tmp_path):
    keys.add_new("kitchen", tmp_path / "kitchen.key")
    keys.remove("kitchen")
    assert keys.listed() == []
    with pytest.raises(UsageError):
        keys.remove("kitchen")


@given(st.text(max_size=80) | st.sampled_from(["..", "../router", "a/b", ".hidden", "", "a\n", "a" * 64]))
def test_whatever_the_name_nothing_is_written_outside_the_list(name):
    folder = keys.keys_dir() / "clients"
    public_key = zmq.curve_keypair()[0].decode()
    try:
        keys.add(name, public_key)
    except UsageError:
        assert [client.name for client in keys.listed()] == []
    else:
        assert [client.name for client in keys.listed()] == [name]
        assert [path.name for path in folder.iterdir()] == [f"{name}.pub"]
        keys.remove(name)
    assert not keys.keys_dir().exists() or {path.name for path in keys.keys_dir().iterdir()} <= {"clients"}


@pytest.mark.parametrize("key", ["", "x", "x" * 41, "é" * 40, "~" * 40, " " * 40])
def test_what_is_no_key_is_not_listed(key):
    with pytest.raises(UsageError):
        keys.add("kitchen", key)


def test_the_list_follows_its_folder_and_a_file_that_is_no_key_is_named(tmp_path):
    allowed = keys.AllowList()
    first, second = keys.add_new("a", tmp_path / "a.key"), keys.add_new("b", tmp_path / "b.key")
    assert first.public_key not in allowed
    allowed.refresh()
    assert first.public_key in allowed
    assert second.public_key in allowed
    keys.remove("a")
    path = keys.keys_dir() / "clients" / "b.pub"
    path.write_text("not a key")
    os.utime(path, ns=(1, 1))  # a change within the clock's grain still changes something
    allowed.refresh()
    assert first.public_key not in allowed
    assert second.public_key not in allowed
    assert [problem.part for problem in allowed.problems] == ["keys"]
    assert "" not in allowed
    path.unlink()
    path.parent.rmdir()
    allowed.refresh()
    assert allowed.clients == []


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"server_key": "x", "public_key": "y", "secret_key": "z"}'])
def test_a_client_file_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "kitchen.key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        keys.client_key(path)
    assert caught.value.remedy
