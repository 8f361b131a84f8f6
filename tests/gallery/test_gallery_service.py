"""The gallery: real store, real pictures, a watcher and a model that do as they are told."""

import asyncio

import msgspec
import pytest

from gallery_lab import gallery_in
from homebody.captions.rows import Caption, Facts, Stat
from homebody.errors import RemoteFailure, RouterLost
from homebody.gallery import captioning
from homebody.gallery import service as gallery_service
from homebody.gallery.describer import Verdict, verdict
from homebody.gallery.likeness import Likeness
from homebody.gallery.pace import Pace
from homebody.gallery.watcher import Happened
from homebody.messages import Listen
from homebody.options_gallery import GalleryOptions
from wire import eventually

pytestmark = pytest.mark.lengthy


@pytest.fixture
def see(tmp_path):
    return gallery_in(tmp_path)


def test_a_new_picture_is_captioned_once_whatever_it_is_called_and_wherever_it_is_copied(see):
    async def test(eyes):
        first = eyes.put("a.jpg", "a cat")
        await eventually(lambda: eyes.captions() == ["a cat"])
        eyes.put("copy.jpg", "a cat")
        first.rename(eyes.folder / "new name.jpg")
        eyes.watcher.tell(first, Happened.GONE)
        eyes.watcher.tell(eyes.folder / "new name.jpg", Happened.CLOSED)
        await eventually(lambda: eyes.store.counts().captioned == 2)
        (row,) = eyes.store.rows()
        assert {path.rpartition("/")[2] for path in row.paths} == {"a.jpg", "copy.jpg", "new name.jpg"}
        assert row.gone == (str(first),)
        assert eyes.model.asked == {b"a cat": 1}
        assert eyes.images.prepared == {"a.jpg": 1}
        assert [name for name, _ in eyes.events if name.startswith("image.")] == ["image.found", "image.captioned"]

    see(test)


def test_what_lies_there_at_the_start_is_captioned_and_after_a_restart_nothing_is_asked_twice(see):
    def pictures(eyes):
        for number in range(5):
            (eyes.folder / f"{number}.jpg").write_bytes(b"picture %d" % (number % 3))

    async def first(eyes):
        await eventually(lambda: eyes.store.counts().captioned == 5)
        assert sum(eyes.model.asked.values()) == 3

    async def second(eyes):
        await asyncio.sleep(0.3)
        assert eyes.store.counts().captioned == 5
        assert not eyes.model.asked
        assert not eyes.images.prepared

    see(first, before=pictures)
    see(second)


def test_what_an_older_version_has_indexed_is_indexed_anew_by_itself(see):
    def older(eyes):
        known = eyes.store.found("/elsewhere/a.jpg", Stat(1, 1), Facts(sha256="aa", size_bytes=1))
        eyes.store.captioned(known.id, Caption(caption="Zwei rote Fahrräder."))
        eyes.store.transaction(lambda db: db.execute("INSERT INTO unindexed VALUES (?)", (known.id,)))
        eyes.store.transaction(lambda db: db.execute("DELETE FROM words"))
        eyes.store.transaction(lambda db: db.execute("DELETE FROM form"))

    async def test(eyes):
        left = "SELECT count(*) FROM unindexed"
        await eventually(lambda: eyes.store.transaction(lambda db: db.execute(left).fetchone()) == (0,))
        found = "SELECT count(*) FROM words WHERE words MATCH 'fahrrader'"
        assert eyes.store.transaction(lambda db: db.execute(found).fetchone()) == (1,)
        assert eyes.store.transaction(lambda db: db.execute("SELECT count(*) FROM form").fetchone()) != (0,)

    see(test, before=older)


def test_several_captions_are_asked_for_at_once_where_the_profile_says_so(see):
    async def test(eyes):
        eyes.model.free.clear()
        for number in range(6):
            eyes.put(f"{number}.jpg", f"picture {number}")
        await eventually(lambda: eyes.model.open == 3)
        eyes.model.free.set()
        await eventually(lambda: len(eyes.captions()) == 6)
        assert eyes.model.most_open == 3

    see(test, before=lambda eyes: setattr(eyes, "options", GalleryOptions(folders=(str(eyes.folder),), parallel=3)))


def test_two_pictures_with_the_same_content_at_once_are_asked_for_once(see):
    async def test(eyes):
        eyes.model.free.clear()
        eyes.put("a.jpg", "the same")
        eyes.put("b.jpg", "the same")
        await eventually(lambda: eyes.store.counts().waiting == 2)
        eyes.model.free.set()
        await eventually(lambda: eyes.store.counts().captioned == 2)
        assert eyes.model.asked == {b"the same": 1}

    see(test)


def test_without_a_model_pictures_wait_and_a_person_is_told_once(see, monkeypatch):
    monkeypatch.setattr(captioning, "LATER_AFTER_S", (0.01,))

    async def test(eyes):
        eyes.model.errors = [RemoteFailure("no_model", "There is no model.", "Start it.")] * 3 + [
            RouterLost("It went.")
        ]
        eyes.put("a.jpg", "a cat")
        await eventually(lambda: eyes.captions() == ["a cat"])
        raised = [data["problem"] for name, data in eyes.events if name == "problem.raised"]
        assert raised == [
            "Pictures wait for their captions: There is no model.",
            "Pictures wait for their captions: It went.",
        ]
        assert [name for name, _ in eyes.events].count("problem.cleared") == 2

    see(test)


def test_a_picture_no_model_describes_is_set_aside_with_the_reason_and_the_next_is_captioned(see, monkeypatch):
    monkeypatch.setattr(captioning, "AGAIN_AFTER_S", (0.0, 0.0))

    async def test(eyes):
        eyes.model.errors = [RemoteFailure("model_failed", "It broke off.")] * 3
        eyes.put("a.jpg", "odd")
        await eventually(lambda: eyes.store.counts().refused == 1)
        eyes.put("b.jpg", "a cat")
        await eventually(lambda: eyes.captions() == ["a cat"])
        state = await eyes.control("status")
        assert [(r["path"][-5:], r["reason"]) for r in state["refused"]] == [("a.jpg", "It broke off.")]
        assert await eyes.control("retry") == {"count": 1}
        await eventually(lambda: eyes.captions() == ["a cat", "odd"])

    see(test)


def test_an_unreadable_file_is_tried_again_and_then_set_aside_with_the_reason(see, monkeypatch):
    from homebody.gallery import settling

    monkeypatch.setattr(settling, "RETRY_AFTER_S", (0.01, 0.01))

    async def test(eyes):
        eyes.put("a.jpg", "bad data")
        await eventually(lambda: eyes.store.counts().refused == 1)
        assert eyes.images.prepared == {"a.jpg": 3}
        assert "damaged" in eyes.store.refusals()[0].reason
        assert (
            "image.refused",
            {"path": str(eyes.folder / "a.jpg"), "reason": eyes.store.refusals()[0].reason},
        ) in eyes.events
        eyes.put("a.jpg", "a cat, mended")
        await eventually(lambda: eyes.captions() == ["a cat, mended"])
        assert eyes.store.refusals() == []

    see(test)


def test_paused_it_begins_nothing_new_until_it_goes_on(see):
    async def test(eyes):
        await eyes.control("pause")
        eyes.put("a.jpg", "a cat")
        await asyncio.sleep(0.2)
        assert not eyes.model.asked
        assert (await eyes.control("status"))["state"] == "paused"
        await eyes.control("resume")
        await eventually(lambda: eyes.captions() == ["a cat"])

    see(test)


def test_a_rescan_finds_what_nobody_told_of_and_what_has_gone(see):
    async def test(eyes):
        path = eyes.put("a.jpg", "a cat", tell=None)
        await eyes.control("rescan")
        await eventually(lambda: eyes.captions() == ["a cat"])
        path.unlink()
        await eyes.control("rescan")
        await eventually(lambda: eyes.store.counts().captioned == 0)
        assert eyes.captions() == ["a cat"]  # the caption stays

    see(test)


def test_a_folder_that_appears_is_looked_through_and_one_that_goes_takes_its_pictures_along(see):
    async def test(eyes):
        (eyes.folder / "new").mkdir()
        eyes.put("new/a.jpg", "a cat", tell=None)
        eyes.watcher.tell(eyes.folder / "new", Happened.FOLDER)
        await eventually(lambda: eyes.captions() == ["a cat"])
        eyes.watcher.tell(eyes.folder / "new", Happened.FOLDER_GONE)
        await eventually(lambda: eyes.store.counts().captioned == 0)

    see(test)


def test_recaptioning_asks_again_for_what_is_named(see):
    async def test(eyes):
        eyes.put("a.jpg", "a cat")
        eyes.put("b.jpg", "a dog")
        await eventually(lambda: len(eyes.captions()) == 2)
        assert await eyes.control("recaption", str(eyes.folder / "a.jpg")) == {"count": 1}
        await eventually(lambda: eyes.model.asked[b"a cat"] == 2 and len(eyes.captions()) == 2)
        assert eyes.model.asked[b"a dog"] == 1
        assert await eyes.control("recaption", "since yesterday") == {"count": 2}
        with pytest.raises(RemoteFailure, match="no time"):
            await eyes.control("recaption", "since soonish")

    see(test)


def test_other_folders_are_watched_after_reloading_and_captions_of_the_old_ones_stay(see, tmp_path):
    async def test(eyes):
        eyes.put("a.jpg", "a cat")
        await eventually(lambda: eyes.captions() == ["a cat"])
        eyes.store.refused(str(eyes.folder / "b.jpg"), Stat(1, 1), "It is damaged.")
        assert (await eyes.control("status"))["refused_count"] == 1
        other = tmp_path / "other"
        other.mkdir()
        (other / "b.jpg").write_bytes(b"a dog")
        eyes.options = GalleryOptions(folders=(str(other),))
        await eyes.control("reload")
        await eventually(lambda: eyes.captions() == ["a cat", "a dog"])
        state = await eyes.control("status")
        assert [folder["folder"] for folder in state["folders"]] == [str(other)]
        assert (list(state["refused"]), state["refused_count"]) == ([], 0)  # nor is of the old one what was set aside

    see(test)


def test_a_folder_that_is_watched_no_longer_is_not_worked_through_nor_its_pictures_set_aside(see, tmp_path):
    other = tmp_path / "other"
    other.mkdir()

    async def test(eyes):
        eyes.model.free.clear()
        for number in range(9):
            eyes.put(f"{number}.jpg", f"picture {number}")
        eyes.put("bad.jpg", "bad data")
        await eventually(lambda: eyes.model.open == 1)
        eyes.options = GalleryOptions(folders=(str(other),))
        await eyes.control("reload")
        eyes.model.free.set()
        await eventually(lambda: not eyes.gallery._work and not eyes.gallery._settling)
        assert len(eyes.model.asked) <= 3  # what it was looking at, and what was ready for it
        assert "bad.jpg" not in eyes.images.prepared
        assert eyes.store.refusals() == []

    see(test)


def test_without_a_router_it_says_that_it_waits(see):
    async def test(eyes):
        eyes.model.free.clear()
        eyes.router = None
        eyes.put("a.jpg", "a cat")
        await eventually(lambda: eyes.model.open == 1)
        assert (await eyes.control("status"))["state"] == "waiting"
        eyes.router = "a router"
        assert (await eyes.control("status"))["state"] == "captioning"
        eyes.model.free.set()

    see(test)


def test_what_it_cannot_do_is_refused(see):
    async def test(eyes):
        with pytest.raises(RemoteFailure, match="no such action"):
            await eyes.control("dance")
        with pytest.raises(RemoteFailure, match="ears"):
            await eyes.gallery.handle(Listen(id="1"))

    see(test)


@pytest.mark.processes
def test_a_link_out_of_the_folder_is_not_read_and_says_why(see, tmp_path, monkeypatch):
    from homebody.gallery import settling
    from homebody.gallery.image_worker import ImageWorker

    monkeypatch.setattr(settling, "RETRY_AFTER_S", ())

    async def test(eyes):
        async with ImageWorker() as worker:
            eyes.gallery._work._images = worker
            (tmp_path / "secret.jpg").write_bytes(b"secret")
            (eyes.folder / "a.jpg").symlink_to(tmp_path / "secret.jpg")
            eyes.watcher.tell(eyes.folder / "a.jpg", Happened.CLOSED)
            await eventually(lambda: eyes.store.counts().refused == 1)
            assert "leads out" in eyes.store.refusals()[0].reason

    see(test)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RemoteFailure("no_model", ""), Verdict.LATER),
        (RemoteFailure("capability", ""), Verdict.LATER),
        (RouterLost(""), Verdict.LATER),
        (RemoteFailure("model_failed", ""), Verdict.AGAIN),
        (RemoteFailure("deadline", ""), Verdict.AGAIN),
        (RemoteFailure("bad_image", ""), Verdict.NEVER),
        (RemoteFailure("a code of version 1.7", ""), Verdict.NEVER),
    ],
)
def test_a_failure_is_the_pictures_or_nobodys(error, expected):
    assert verdict(error) is expected


def test_pictures_that_look_the_same_are_linked_to_the_first():
    likeness = Likeness([(1, 0b1111), (2, 2**63)])
    assert likeness.nearest(0b1100) == 1
    assert likeness.nearest(2**63 + 1) == 2
    assert likeness.nearest(2**64 - 1) is None
    likeness.add(3, 2**64 - 1)
    assert likeness.nearest(2**64 - 2) == 3
    assert Likeness().nearest(5) is None


def test_the_pace_is_that_of_late_and_falls_when_captions_stop():
    pace = Pace()
    assert pace.per_minute(0.0) is None
    for second in range(10):
        pace.done(second * 2.0)
    assert pace.per_minute(18.0) == 30.0
    assert pace.left_s(60, 18.0) == 120.0
    assert pace.per_minute(36.0) == 15.0
    assert pace.per_minute(1000.0) is None


def test_a_sidecar_goes_with_its_picture(see):
    def with_sidecars(eyes):
        eyes.options = msgspec.structs.replace(eyes.options, sidecars=True)

    async def test(eyes):
        first = eyes.put("a.jpg", "a cat")
        await eventually((eyes.folder / "a.jpg.xmp").exists)
        first.rename(eyes.folder / "b.jpg")
        eyes.watcher.tell(first, Happened.GONE)
        eyes.watcher.tell(eyes.folder / "b.jpg", Happened.CLOSED)
        await eventually((eyes.folder / "b.jpg.xmp").exists)
        await eventually(lambda: not (eyes.folder / "a.jpg.xmp").exists())

    see(test, before=with_sidecars)


def test_a_folder_that_goes_while_it_runs_is_told_and_taken_up_again_when_it_is_back(see, monkeypatch):
    monkeypatch.setattr(gallery_service, "LOOK_S", 0.02)

    async def test(eyes):
        eyes.put("a.jpg", "a cat")
        await eventually(lambda: eyes.captions() == ["a cat"])
        away = eyes.folder.with_name("away")
        eyes.folder.rename(away)
        named = f"folder {eyes.folder}"
        await eventually(lambda: ("problem.raised", named) in [(name, data.get("part")) for name, data in eyes.events])
        away.rename(eyes.folder)
        await eventually(lambda: ("problem.cleared", named) in [(name, data.get("part")) for name, data in eyes.events])
        eyes.put("b.jpg", "a dog")
        await eventually(lambda: sorted(eyes.captions()) == ["a cat", "a dog"])

    see(test)
