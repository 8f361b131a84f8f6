from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from backend_lab import JPEG, PNG
from homebody.errors import BadImage
from homebody.messages import Payload
from homebody.router import images
from homebody.router.images import IMAGE_LIMIT_BYTES, check, size_of
from homebody.router.images import JPEG as JPEG_SIGNATURE
from homebody.router.images import PNG as PNG_SIGNATURE


def made(kind: str, width_px: int, height_px: int, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width_px, height_px), "red").save(file, kind, **options)
    return file.getvalue()


def described(*frames: bytes) -> list[Payload]:
    return [Payload("image", "image/jpeg", len(frame)) for frame in frames]


def refused(*frames: bytes) -> BadImage:
    with pytest.raises(BadImage) as caught:
        check(frames, described(*frames))
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("size", [(1, 1), (224, 512), (1024, 768)])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"exif": b"Exif\x00\x00" + bytes(3000)}, {"comment": b"x"}]
)
def test_what_pillow_writes_is_accepted_and_its_size_known(size: tuple[int, int], options: dict[str, object]) -> None:
    for kind in ("JPEG", "PNG"):
        data = made(kind, *size, **(options if kind == "JPEG" else {}))
        assert size_of(data) == size
        assert check([data], described(data)) == (data,)


def test_the_media_type_is_that_of_the_signature() -> None:
    assert images.media_type(JPEG) == "image/jpeg"
    assert images.media_type(PNG) == "image/png"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("GIF", "a GIF"),
        ("BMP", "a BMP"),
        ("TIFF", "a TIFF"),
        ("WEBP", "a WEBP"),
        ("AVIF", "a HEIC or AVIF"),
        ("PDF", "a PDF"),
    ],
)
def test_another_format_is_named_in_the_refusal(kind: str, said: str) -> None:
    assert refused(made(kind, 8, 8)).reason == f"The image is {said}, neither JPEG nor PNG."


def test_a_file_cut_off_in_its_header_is_damaged_and_one_without_bytes_is_empty() -> None:
    assert "cut off" in refused(made("JPEG", 8, 8)[:30]).reason
    assert "cut off" in refused(made("PNG", 8, 8)[:20]).reason
    assert refused(b"").reason == "The image is empty."


def test_a_side_of_nothing_or_of_a_panorama_is_refused() -> None:
    assert "9000 by 2 pixels" in refused(made("PNG", 9000, 2)).reason
    assert "0 by 48 pixels" in refused(PNG[:16] + bytes(4) + PNG[20:]).reason


def test_a_file_of_many_megabytes_is_refused_before_it_is_looked_at() -> None:
    assert "16 are the limit" in refused(JPEG + bytes(IMAGE_LIMIT_BYTES)).reason


def test_the_refused_one_of_several_is_named_by_its_place() -> None:
    assert refused(JPEG, PNG, b"%PDF-1.7").reason.startswith("Image 3 is a PDF")


@given(st.sampled_from([b"", JPEG_SIGNATURE, PNG_SIGNATURE, JPEG[:6], PNG[:16]]), st.binary(max_size=200))
def test_whatever_comes_is_an_image_with_a_size_or_refused_with_a_reason(head: bytes, rest: bytes) -> None:
    data = head + rest
    reason = ""
    try:
        assert check([data], described(data)) == (data,)
        assert size_of(data).width_px > 0
    except BadImage as error:
        reason = error.reason
    assert not reason or reason.endswith(".")
