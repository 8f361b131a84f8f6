"""`homebody watch`, `search`, `captions` and `recaption` as a person types them."""

import asyncio
import json
import shlex
from contextlib import closing
from pathlib import Path

import pytest

from homebody.captions.rows import Caption, Facts, Stat
from homebody.captions.store import Captions
from homebody.cli import main
from homebody.cli.gallery import _draw
from homebody.cli.output import gallery_lines, lasting
from homebody.paths import config_dir, data_dir
from homebody.profile import load


def typed(capsys, *words):
    status = main(words)
    out = capsys.readouterr()
    return status, out.out, out.err


def test_watching_a_folder_writes_it_into_homebody_toml_and_leaves_the_rest_as_it_was(capsys, tmp_path):
    path = config_dir() / "homebody.toml"
    path.write_text("# my own words\nprofile = 'embedded'\n\n[gallery]\nsidecars = true  # for digiKam\n")
    path.chmod(0o640)
    first, second = tmp_path / "a", tmp_path / "b c"
    first.mkdir()
    second.mkdir()
    assert typed(capsys, "watch", "add", str(first))[0] == 0
    assert typed(capsys, "watch", "add", str(second))[0] == 0
    assert "already" in typed(capsys, "watch", "add", f"{first}/")[1]
    assert load().gallery.folders == (str(first), str(second))
    assert load().gallery.sidecars
    assert typed(capsys, "watch", "remove", str(first))[0] == 0
    assert load().gallery.folders == (str(second),)
    text = path.read_text()
    assert "# my own words" in text
    assert "# for digiKam" in text
    assert path.stat().st_mode & 0o777 == 0o640
    assert typed(capsys, "watch", "list")[1] == f"{second}\n"
    assert [p.name for p in config_dir().iterdir()] == ["homebody.toml"]


def test_a_folder_that_is_not_there_or_not_watched_is_refused_with_a_remedy(capsys, tmp_path):
    status, _, error = typed(capsys, "watch", "add", str(tmp_path / "none"))
    assert (status, "not there" in error) == (64, True)
    assert "homebody watch list" in typed(capsys, "watch", "remove", str(tmp_path))[2]
    assert "homebody watch add" in typed(capsys, "watch", "list")[1]
    assert "homebody watch add" in typed(capsys, "gallery")[2]


@pytest.mark.parametrize("text", ["[gallery\n", "gallery = 3\n"])
def test_a_homebody_toml_that_is_broken_is_not_overwritten(capsys, tmp_path, text):
    (config_dir() / "homebody.toml").write_text(text)
    assert typed(capsys, "watch", "add", str(tmp_path))[0] == 78
    assert (config_dir() / "homebody.toml").read_text() == text


def test_pictures_are_found_without_a_running_router(capsys):
    status, out, _ = typed(capsys, "search")
    assert (status, "homebody watch add" in out) == (1, True)
    with closing(Captions(data_dir())) as store:
        known = store.found("/p/a.jpg", Stat(1, 10**18), Facts(sha256="a" * 64, size_bytes=1))
        store.captioned(known.id, Caption(caption="A red bicycle."))
    status, out, _ = typed(capsys, "search", "red", "bicycles")
    assert status == 0
    assert out.startswith("/p/a.jpg\n    2001-09-09  A red bicycle.\n1 of 1")
    assert json.loads(typed(capsys, "search", "--json", "bicycle")[1])["path"] == "/p/a.jpg"
    assert typed(capsys, "search", "zeppelin")[:2] == (1, "No picture was found.\n")
    assert typed(capsys, "search", "bicycle", "--since", "soonish")[0] == 64
    assert typed(capsys, "search", "bicycle", "--since", "2002-01-01")[0] == 1


def test_captions_go_out_and_come_in(capsys, tmp_path):
    with closing(Captions(data_dir())) as store:
        store.found("/p/a.jpg", Stat(1, 1), Facts(sha256="a" * 64, size_bytes=1))
    path = tmp_path / "all.jsonl"
    assert typed(capsys, "captions", "export", str(path))[1].startswith("1 image written")
    assert typed(capsys, "captions", "import", str(path))[1] == "0 taken in, 1 known already.\n"


def test_recaptioning_wants_one_choice(capsys):
    assert typed(capsys, "recaption")[0] == 64
    assert typed(capsys, "recaption", "--all", "--model-older")[0] == 64


def test_a_bar_shows_how_far_each_folder_is_and_ends_when_all_is_done(capsys, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # rich draws as on a terminal
    monkeypatch.setenv("COLUMNS", "120")

    async def states():
        for captioned, state in ((3, "captioning"), (9, "idle")):
            folder = {"folder": "/p", "pictures": 10, "captioned": captioned, "waiting": 9 - captioned, "refused": 1}
            yield {"state": state, "folders": [folder], "rate_per_min": 30.0, "left_s": 2 * (9 - captioned)}

    asyncio.run(_draw(states(), until_done=True))
    drawn = capsys.readouterr().err
    assert "/p" in drawn
    assert "4/10" in drawn
    assert "captioning, 30/min, 12 s left" in drawn
    assert "10/10" in drawn


def test_the_galleries_own_words_are_shown_in_a_few_lines():
    detail = {
        "state": "waiting", "waiting": 7, "rate_per_min": 12.5, "left_s": 400,
        "folders": [{"folder": "/p", "pictures": 10, "captioned": 3, "waiting": 7, "refused": 1}],
        "refused": [
            {"path": "/p/a.jpg", "reason": "It is truncated."}, {"path": "/p/b.jpg", "reason": "/p/b.jpg is empty."},
        ],
        "refused_count": 3,
    }  # fmt: skip
    assert gallery_lines(detail)[:4] == [
        "waiting for a model, 7 to do, 12.5 a minute, about 7 min left",
        "/p: 3 of 10 captioned, 1 set aside",
        "set aside: /p/a.jpg: It is truncated.",
        "set aside: /p/b.jpg is empty.",
    ]
    assert gallery_lines({}) == []
    assert [lasting(seconds) for seconds in (5, 600, 9000)] == ["5 s", "10 min", "2.5 h"]


def test_recaptioning_what_is_not_there_is_refused_before_anybody_is_asked(capsys, tmp_path):
    status, out, error = typed(capsys, "recaption", str(tmp_path / "none"))
    assert (status, out) == (64, "")
    assert f"{tmp_path / 'none'} is not there." in error


def test_a_folder_may_be_named_as_people_name_folders(capsys, tmp_path, monkeypatch):
    inner = tmp_path / "pictures" / "inner"
    inner.mkdir(parents=True)
    with closing(Captions(data_dir())) as store:
        known = store.found(f"{inner.parent}/a.jpg", Stat(1, 10**18), Facts(sha256="a" * 64, size_bytes=1))
        store.captioned(known.id, Caption(caption="A red bicycle."))
    monkeypatch.chdir(inner)
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in ("..", "../../pictures", "~/pictures"):
        assert typed(capsys, "search", "bicycle", "--folder", folder)[0] == 0, folder
    assert typed(capsys, "search", "bicycle", "--folder", ".")[0] == 1


def test_where_a_time_or_folder_leaves_nothing_it_is_not_said_that_there_are_no_pictures(capsys):
    with closing(Captions(data_dir())) as store:
        store.found("/p/a.jpg", Stat(1, 10**18), Facts(sha256="a" * 64, size_bytes=1))
    for option in (("--since", "2020-01-01"), ("--until", "2000-01-01"), ("--folder", "/q")):
        assert typed(capsys, "search", *option)[:2] == (1, "No picture was found.\n")


def test_a_file_is_no_folder_to_be_watched(capsys, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    status, _, error = typed(capsys, "watch", "add", str(tmp_path / "a.jpg"))
    assert (status, "is a file, not a folder" in error, f"watch add {tmp_path}" in error) == (64, True, True)


def test_captions_go_to_standard_output_for_a_dash(capfdbinary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(Captions(data_dir())) as store:
        store.found("/p/a.jpg", Stat(1, 1), Facts(sha256="a" * 64, size_bytes=1))
    assert main(["captions", "export", "-"]) == 0
    (line,) = capfdbinary.readouterr().out.splitlines()
    assert json.loads(line)["sha256"] == "a" * 64
    assert list(tmp_path.iterdir()) == []


def test_every_search_of_the_documentation_can_be_typed(capsys):
    written = (Path(__file__).parents[2] / "docs" / "gallery.md").read_text("utf-8")
    lines = [line for line in written.splitlines() if line.startswith("homebody search ")]
    assert len(lines) >= 4
    for line in lines:
        status, _, error = typed(capsys, *shlex.split(line, comments=True)[1:])
        assert (status, error) == (1, ""), line  # nothing is found where no picture is
