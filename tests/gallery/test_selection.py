"""Which files are pictures to look at."""

import os
from pathlib import Path, PurePath

import pytest

from homebody.gallery.selection import Selection, missing, walk, watched
from homebody.options_gallery import GalleryOptions


@pytest.mark.parametrize("name", ["a.jpg", "deep/er/B.HEIC", "c.webp", "with space.PNG"])
def test_pictures_are_wanted(name):
    assert Selection(GalleryOptions()).wants(PurePath(name))


@pytest.mark.parametrize(
    "name",
    ["a.txt", ".hidden.jpg", ".git/a.jpg", "a.jpg.part", "a.jpg.crdownload", "a.tmp", "a.jpg~", "a.jpg.xmp", "jpg"],
)
def test_hidden_unfinished_and_other_files_are_not(name):
    assert not Selection(GalleryOptions()).wants(PurePath(name))


def test_patterns_choose_by_name_and_by_path_in_either_case():
    selection = Selection(GalleryOptions(include=("*.JPG", "scans/*"), exclude=("private", "*_draft*")))
    assert [name for name in ("a.jpg", "b.png", "scans/b.png", "private/a.jpg", "x/private/a.jpg", "A_Draft1.jpg")
            if selection.wants(PurePath(name))] == ["a.jpg", "scans/b.png"]  # fmt: skip


def names(folder, **options):
    return sorted(os.path.relpath(path, folder) for path, _ in walk(folder, Selection(GalleryOptions(**options))))


def test_a_walk_enters_folders_and_follows_links_only_where_it_may(tmp_path):
    folder, outside = tmp_path / "in", tmp_path / "out"
    for place in (folder / "deep", folder / ".hidden", outside):
        place.mkdir(parents=True)
        (place / "a.jpg").write_bytes(b"x")
    (folder / "away").symlink_to(outside)
    (folder / "deep" / "round").symlink_to(folder)
    (folder / "deep" / "gone.jpg").symlink_to(tmp_path / "nothing")
    assert names(folder) == ["deep/a.jpg"]
    assert names(folder, recursive=False) == []
    assert names(folder, follow_links=True) == ["away/a.jpg", "deep/a.jpg"]


def test_a_folder_within_a_watched_one_is_not_watched_twice(tmp_path):
    options = GalleryOptions(folders=(f"{tmp_path}/a", f"{tmp_path}/a/b", f"{tmp_path}/ab", "~/x"))
    assert watched(options) == [tmp_path / "a", tmp_path / "ab", Path.home() / "x"]


def test_a_folder_that_is_not_there_is_a_problem_with_a_remedy(tmp_path):
    assert missing(tmp_path) is None
    assert "homebody watch remove" in missing(tmp_path / "none").remedy
