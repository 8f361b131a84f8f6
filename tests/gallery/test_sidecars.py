"""Captions beside pictures, read as another program would."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import NotWritable
from homebody.gallery import sidecars

DC, RDF = "{http://purl.org/dc/elements/1.1/}", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def read(packet):
    """Description and subjects, by the paths that ISO 16684-1 gives them."""
    root = ET.fromstring(packet)
    description = root.find(f"{RDF}RDF/{RDF}Description")
    words = description.find(f"{DC}description/{RDF}Alt/{RDF}li")
    assert words.get("{http://www.w3.org/XML/1998/namespace}lang") == "x-default"
    return words.text or "", [item.text or "" for item in description.findall(f"{DC}subject/{RDF}Bag/{RDF}li")]


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=60)


@given(printable, st.lists(printable, max_size=4))
def test_whatever_a_model_says_comes_out_of_the_sidecar_as_it_went_in(caption, tags):
    assert read(sidecars.packet(caption, tags)) == (caption, tags)


@given(st.text(max_size=60))
def test_no_word_breaks_the_sidecar(caption):
    assert sidecars.ours(sidecars.packet(caption, [caption]))


def test_it_lies_beside_the_picture_which_stays_as_it_is(tmp_path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"picture")
    picture.chmod(0o640)
    before = picture.stat()
    assert sidecars.write(picture, "A cat & a dog.", ["cat"])
    assert sidecars.write(picture, "A <better> caption.", [])
    assert read((tmp_path / "a.jpg.xmp").read_bytes()) == ("A <better> caption.", [])
    assert (picture.read_bytes(), picture.stat()) == (b"picture", before)
    assert (tmp_path / "a.jpg.xmp").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "a.jpg.xmp"]


@pytest.mark.parametrize(
    "words", [b"my own words", b"", sidecars.packet("mine", []).replace(b'"homebody"', b'"digiKam"'), b"<x:xmpmeta/>"]
)
def test_a_sidecar_that_is_not_ours_is_left_alone(tmp_path, words):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    (tmp_path / "a.jpg.xmp").write_bytes(words)
    assert not sidecars.write(tmp_path / "a.jpg", "A cat.", [])
    (tmp_path / "a.jpg").unlink()
    assert not sidecars.remove(tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg.xmp").read_bytes() == words


def test_ours_goes_when_its_picture_has_gone_and_no_sooner(tmp_path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"picture")
    sidecars.write(picture, "A cat.", [])
    assert not sidecars.remove(picture)
    picture.unlink()
    assert sidecars.remove(picture)
    assert not sidecars.remove(picture)
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_left_alone_and_a_folder_that_refuses_is_named(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    (tmp_path / "a.jpg.xmp").symlink_to(tmp_path / "elsewhere")
    assert not sidecars.write(tmp_path / "a.jpg", "A cat.", [])
    with pytest.raises(NotWritable):
        sidecars.write(tmp_path / "none" / "a.jpg", "A cat.", [])
