"""What the system really tells of, with watchdog."""

import errno
import threading
import time

import pytest

from homebody.gallery.watcher import FolderWatcher, Happened
from homebody.options_gallery import GalleryOptions

LIMIT_S = 20.0


class Watching:
    def __init__(self, folder, **options):
        self.woken = threading.Event()
        self.watcher = FolderWatcher(GalleryOptions(**options), self.woken.set)
        self.problems = self.watcher.refresh([folder])
        self.seen = {}

    def until(self, path, happened):
        end_s = time.monotonic() + LIMIT_S
        while time.monotonic() < end_s:
            self.woken.wait(0.2)
            self.woken.clear()
            for changed, what in self.watcher.changes().items():
                self.seen.setdefault(changed, []).append(what)
            if happened in self.seen.get(str(path), []):
                return
        raise AssertionError(self.seen)


@pytest.fixture
def watching(tmp_path):
    made = []

    def watch(**options):
        made.append(Watching(tmp_path, **options))
        return made[-1]

    yield watch
    for one in made:
        one.watcher.close()


def test_writing_moving_and_deleting_are_told_in_the_end_state(watching, tmp_path):
    seen = watching(poll="never")
    (tmp_path / "a.jpg").write_bytes(b"x")
    seen.until(tmp_path / "a.jpg", Happened.CLOSED)
    (tmp_path / "a.jpg").rename(tmp_path / "b.jpg")
    seen.until(tmp_path / "b.jpg", Happened.CHANGED)
    seen.until(tmp_path / "a.jpg", Happened.GONE)
    (tmp_path / "b.jpg").unlink()
    seen.until(tmp_path / "b.jpg", Happened.GONE)


def test_a_new_folder_is_told_of_so_that_it_can_be_looked_through(watching, tmp_path):
    seen = watching(poll="never")
    (tmp_path / "new").mkdir()
    seen.until(tmp_path / "new", Happened.FOLDER)


@pytest.mark.lengthy
def test_a_polled_folder_tells_too(watching, tmp_path):
    seen = watching(poll="always", poll_s=1.0)
    assert seen.watcher.polled(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"x")
    seen.until(tmp_path / "a.jpg", Happened.CHANGED)


def test_a_folder_that_is_not_there_yet_is_watched_as_soon_as_it_is(watching, tmp_path):
    seen = watching(poll="never")
    later = tmp_path.parent / "later"
    assert [problem.part for problem in seen.watcher.refresh([later])] == [f"folder {later}"]
    later.mkdir()
    assert seen.watcher.refresh([later]) == []
    (later / "a.jpg").write_bytes(b"x")
    seen.until(later / "a.jpg", Happened.CLOSED)


@pytest.mark.parametrize("limit", [errno.ENOSPC, errno.EMFILE])
def test_where_the_systems_limit_is_reached_the_folder_is_polled_and_the_command_that_raises_it_named(
    limit, tmp_path, monkeypatch
):
    watcher = FolderWatcher(GalleryOptions(poll="auto"), lambda: None)
    schedule = watcher._schedule

    def limited(folder, *, polls):
        if not polls:
            raise OSError(limit, "inotify watch limit reached")
        schedule(folder, polls=polls)

    monkeypatch.setattr(watcher, "_schedule", limited)
    try:
        (problem,) = watcher.refresh([tmp_path])
        assert watcher.polled(tmp_path)
        assert "limit" in problem.problem
        assert problem.remedy
    finally:
        watcher.close()
