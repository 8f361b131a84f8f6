"""No link leads the gallery out of the folders it was told to watch."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import BadImage
from homebody.gallery.allowed import inside, open_regular


@pytest.fixture
def tree(tmp_path):
    watched, private = tmp_path / "watched", tmp_path / "private"
    (watched / "deep" / "er").mkdir(parents=True)
    private.mkdir()
    (private / "secret.jpg").write_bytes(b"secret")
    (watched / "deep" / "er" / "a.jpg").write_bytes(b"mine")
    return watched, private


def content(path, folders):
    with open_regular(path, folders) as file:
        return file.read()


def test_what_lies_inside_is_read_also_through_links_that_stay_inside(tree):
    watched, _ = tree
    (watched / "link.jpg").symlink_to("deep/er/a.jpg")
    (watched / "folder").symlink_to(watched / "deep")
    for path in ("deep/er/a.jpg", "link.jpg", "folder/er/a.jpg", "deep/../deep/er/a.jpg"):
        assert content(watched / path, [watched]) == b"mine"


def test_a_watched_folder_may_be_a_link_itself(tree):
    watched, _ = tree
    link = watched.parent / "pictures"
    link.symlink_to(watched)
    assert content(link / "deep/er/a.jpg", [link]) == b"mine"


def test_links_and_dots_that_lead_out_are_refused(tree):
    watched, private = tree
    (watched / "file.jpg").symlink_to(private / "secret.jpg")
    (watched / "folder").symlink_to(private)
    (watched / "two.jpg").symlink_to("file.jpg")
    ways = ["file.jpg", "folder/secret.jpg", "two.jpg", "../private/secret.jpg", "deep/../../private/secret.jpg"]
    said = dict.fromkeys(ways, "leads out of the watched folders")
    for way, why in (said | {str(private / "secret.jpg"): "lies in none of the watched folders"}).items():
        assert inside(watched / way, [watched]) is None
        with pytest.raises(BadImage, match=why):
            open_regular(watched / way, [watched])
        assert content(watched / way, [watched, private]) == b"secret"


def test_a_folder_whose_name_only_begins_alike_is_another_folder(tree):
    watched, _ = tree
    beside = watched.parent / "watched too"
    beside.mkdir()
    (beside / "a.jpg").write_bytes(b"x")
    assert inside(beside / "a.jpg", [watched]) is None


@pytest.mark.parametrize("step", ["deep", "deep/er", "deep/er/a.jpg"])
def test_a_folder_exchanged_for_a_link_while_it_is_opened_is_refused(tree, monkeypatch, step):
    watched, private = tree
    (private / "er").mkdir()
    (private / "a.jpg").write_bytes(b"secret")
    (private / "er" / "a.jpg").write_bytes(b"secret")
    really = os.path.realpath

    def exchanged_behind_our_back(path, **options):
        found = really(path, **options)
        if str(path).endswith("a.jpg"):
            target = private / "a.jpg" if step.endswith("jpg") else private
            (watched / step).rename(watched.parent / "aside")
            (watched / step).symlink_to(target)
        return found

    monkeypatch.setattr(os.path, "realpath", exchanged_behind_our_back)
    with pytest.raises(BadImage):
        open_regular(watched / "deep/er/a.jpg", [watched])


def test_pipes_folders_sockets_and_devices_are_refused_at_once(tree):
    watched, _ = tree
    os.mkfifo(watched / "pipe.jpg")
    (watched / "folder.jpg").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(watched / "socket.jpg"))
        for name in ("pipe.jpg", "folder.jpg", "socket.jpg"):
            with pytest.raises(BadImage, match=name):
                open_regular(watched / name, [watched])
    with pytest.raises(BadImage, match="is not a file"):
        open_regular(watched / "pipe.jpg")


def test_a_loop_of_links_and_a_missing_file_are_refused(tree):
    watched, _ = tree
    (watched / "a").symlink_to("b")
    (watched / "b").symlink_to("a")
    with pytest.raises(BadImage):
        open_regular(watched / "a", [watched])
    with pytest.raises(BadImage, match="is not there"):
        open_regular(watched / "none.jpg", [watched])


@given(st.lists(st.sampled_from(["..", ".", "deep", "er", "a.jpg", "none", ""]), max_size=8))
def test_whatever_the_way_what_is_read_lies_inside(tmp_path_factory, steps):
    root = tmp_path_factory.getbasetemp() / "ways"
    (root / "deep" / "er").mkdir(parents=True, exist_ok=True)
    (root / "deep" / "er" / "a.jpg").write_bytes(b"mine")
    found = inside(root.joinpath(*steps), [root])
    assert found is None or (found[0] / found[1]).is_relative_to(root.resolve())


@given(st.text(max_size=50))
def test_whatever_the_name_the_answer_is_a_file_or_a_refusal(name):
    with pytest.raises(BadImage):
        open_regular("/nonexistent/" + name, ["/nonexistent"])
