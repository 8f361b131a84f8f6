"""Pictures of every kind arrive upright, small and in the right colours, or are refused with a reason."""

import io
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat, features

from homebody.errors import BadImage
from homebody.gallery.images import Prepared, fitted, prepare, prepare_bytes
from homebody.gallery.perceptual import distance_bits
from picture_lab import BLUE, GREEN, RED, as_bytes, hostile, page, photograph, png, scene


def prepared(data: bytes, side_px: int = 64, **options) -> Prepared:
    return prepare_bytes(data, "a.jpg", side_px=side_px, **options)


def shown(result: Prepared) -> Image.Image:
    return Image.open(io.BytesIO(result.data))


def close(pixel, colour, tolerance=40):
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, colour, strict=True))


def assert_upright(result: Prepared):
    image = shown(result)
    assert image.mode == "RGB"
    width, height = image.size
    assert (width, height) == (result.width_px, result.height_px)
    assert close(image.getpixel((width // 4, height // 4)), RED)
    assert close(image.getpixel((3 * width // 4, height // 4)), GREEN)
    assert close(image.getpixel((width // 2, 3 * height // 4)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
def test_every_kind_is_decoded_and_sent_as_what_was_asked(kind, media_type):
    if kind == "AVIF":
        assert features.check("avif"), "Pillow's own wheels read AVIF"
    result = prepared(as_bytes(scene(300, 200), kind), media_type=media_type)
    assert_upright(result)
    assert (result.width_px, result.height_px) == (64, 43)
    assert (result.original_width_px, result.original_height_px) == (300, 200)
    assert result.format == kind
    assert shown(result).format == {"image/jpeg": "JPEG", "image/png": "PNG"}[media_type]


def test_heic_is_decoded_where_its_package_is():
    pillow_heif = pytest.importorskip("pillow_heif", reason="homebody[heic] is not installed")
    out = io.BytesIO()
    pillow_heif.from_pillow(scene(300, 200)).save(out)
    result = prepared(out.getvalue())
    assert_upright(result)
    assert result.format == "HEIF"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_heic_is_put_upright_once(orientation):
    pillow_heif = pytest.importorskip("pillow_heif", reason="homebody[heic] is not installed")
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    pillow_heif.from_pillow(turned(orientation)).save(out, exif=exif.tobytes())
    assert_upright(prepared(out.getvalue()))


def test_heic_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(BadImage, match="is HEIC") as refused:
        prepared(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50))
    assert refused.value.remedy == "pip install 'homebody[heic]'"


@pytest.mark.parametrize("resolution", [224, 512, 768, 1024])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_resolution_and_format_of_the_reports_arrives_whole(resolution, kind):
    result = prepared(as_bytes(scene(resolution, resolution), kind), 768)
    assert result.width_px == result.height_px == min(resolution, 768)
    assert_upright(result)


def turned(orientation):
    """The scene as a camera stores it that notes this orientation."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    return scene(300, 200).transpose(undo[orientation]) if orientation > 1 else scene(300, 200)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_put_upright(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = prepared(as_bytes(turned(orientation), kind, exif=exif.tobytes() if kind == "AVIF" else exif))
    assert (result.original_width_px, result.original_height_px) == (300, 200)
    assert_upright(result)


@given(
    st.integers(1, 40_000),
    st.integers(1, 40_000),
    st.sampled_from([(224, 1), (512, 1), (768, 32), (1024, 28), (32, 32), (770, 32)]),
)
def test_sides_fit_keep_their_aspect_and_are_never_enlarged(width, height, wish):
    side_px, multiple_px = wish
    for side, original in zip(fitted(width, height, side_px, multiple_px), (width, height), strict=True):
        assert 1 <= side <= side_px
        assert side % multiple_px == 0
        assert side <= max(original, multiple_px)
        exact = original * min(1, side_px / max(width, height))
        assert abs(side - exact) <= max(multiple_px, side_px % multiple_px + multiple_px / 2, 1)
    if multiple_px == 1 and max(width, height) >= side_px:
        assert max(fitted(width, height, side_px)) == side_px


@pytest.mark.parametrize("data", [png(30_000, 100), as_bytes(Image.new("RGB", (30_000, 2000), RED), "JPEG")])
def test_a_very_wide_panorama_is_decoded(data):
    result = prepared(data, 768)
    assert result.width_px == 768
    assert result.original_width_px == 30_000


def test_a_picture_of_one_pixel_stays_one_pixel():
    result = prepared(as_bytes(Image.new("RGB", (1, 1), RED), "PNG"), 768)
    assert (result.width_px, result.height_px) == (1, 1)
    assert close(shown(result).getpixel((0, 0)), RED)


def test_cmyk_keeps_its_colours():
    assert_upright(prepared(as_bytes(scene(300, 200).convert("CMYK"), "JPEG")))


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (32_896, 128), (65_535, 255)])
def test_sixteen_bits_become_eight_of_the_same_brightness(value, grey):
    picture = Image.new("I;16", (40, 40), value)
    for kind in ("PNG", "TIFF"):
        assert close(shown(prepared(as_bytes(picture, kind))).getpixel((5, 5)), (grey,) * 3, 2)


def test_floating_point_goes_from_its_darkest_to_its_lightest():
    picture = Image.new("F", (40, 40), -3.5)
    picture.paste(1000.0, (20, 0, 40, 40))
    image = shown(prepared(as_bytes(picture, "TIFF"), media_type="image/png"))
    assert image.getpixel((2, 2)) == (0, 0, 0)
    assert image.getpixel((37, 2)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_what_is_transparent_is_white(mode):
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (20, 0, 40, 40))
    kind = "TIFF" if mode == "PA" else "PNG"
    stored = picture.quantize() if mode in ("P", "PA") else picture.convert(mode)
    data = as_bytes(stored.convert(mode), kind) if mode != "PA" else as_bytes(stored, "PNG")
    image = shown(prepared(data))
    assert close(image.getpixel((5, 5)), (255, 255, 255), 5)
    assert close(image.getpixel((35, 5)), (0, 0, 0), 5)


def test_of_a_moving_picture_the_first_frame_is_shown():
    frames = [Image.new("RGB", (50, 50), colour) for colour in (RED, GREEN, BLUE)]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        data = as_bytes(frames[0], kind, save_all=True, append_images=frames[1:])
        assert close(shown(prepared(data)).getpixel((20, 20)), RED), kind


def test_the_name_of_a_file_says_nothing_about_its_content(tmp_path):
    path = tmp_path / "really a.png"
    path.write_bytes(as_bytes(scene(300, 200), "JPEG"))
    assert prepare(path, side_px=64).format == "JPEG"


@pytest.mark.lengthy
def test_scaling_while_decoding_looks_the_same():
    picture = photograph(2400, 1600)
    data = as_bytes(picture, "JPEG", quality=95)
    exact = Image.open(io.BytesIO(data)).resize((768, 512), Image.Resampling.LANCZOS)
    ours = shown(prepared(data, 768, media_type="image/png"))
    squares = ImageStat.Stat(ImageChops.difference(ours, exact)).sum2
    error = sum(squares) / (3 * 768 * 512)
    assert 10 * math.log10(255**2 / error) > 44


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"words", "not a picture"),
        (as_bytes(photograph(300, 200), "JPEG")[:-900], "cut short"),
        (as_bytes(photograph(300, 200), "PNG")[:2000], "cut short"),
        (png(65_000, 65_000, 8, 2, b""), "too many pixels"),
        (png(13_000, 13_000, 1, 0), "too many pixels"),
    ],
    ids=["empty", "words", "cut jpeg", "cut png", "bomb", "below Pillow's limit"],
)
def test_a_refusal_names_the_file_and_says_why(data, reason):
    with pytest.raises(BadImage, match=reason) as refused:
        prepared(data)
    assert "a.jpg" in refused.value.reason
    assert refused.value.remedy


@pytest.mark.lengthy
def test_hostile_files_are_decoded_or_refused_with_a_reason_and_never_anything_else():
    files = list(hostile())
    assert len(files) >= 200
    assert len({name for name, _ in files}) == len(files)
    refused = {}
    for name, data in files:
        try:
            result = prepare_bytes(data, name, side_px=64)
        except BadImage as error:
            refused[name] = error
        else:
            assert max(shown(result).size) <= 64
    assert len(refused) >= 150
    for name, error in refused.items():
        assert name in error.reason
        assert error.remedy


def test_camera_time_and_place_are_read():
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS 5D\0"
    exif.get_ifd(0x8769).update({0x9003: "2026:03:04 05:06:07", 0x9011: "+02:00"})
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 36.0)})
    facts = prepared(as_bytes(scene(60, 40), "JPEG", exif=exif)).facts
    assert facts.taken_at == "2026-03-04T05:06:07+02:00"
    assert facts.camera == "Canon EOS 5D"
    assert (facts.latitude, facts.longitude) == (-33.858333, 151.21)


def test_the_hashes_tell_the_same_file_and_the_same_look():
    picture = photograph(900, 600)
    one, other = as_bytes(picture, "JPEG", quality=92), as_bytes(picture.resize((600, 400)), "WEBP")
    first, again, second = prepared(one, 768), prepared(one, 224), prepared(other, 768)
    assert first.sha256 == again.sha256 != second.sha256
    assert distance_bits(first.perceptual_hash, second.perceptual_hash) <= 6
    different = prepared(as_bytes(photograph(900, 600, seed=2), "JPEG"), 768)
    assert distance_bits(first.perceptual_hash, different.perceptual_hash) > 16
    assert prepared(as_bytes(Image.new("RGB", (90, 60)), "PNG")).perceptual_hash == 0


def test_a_screenshot_with_another_clock_looks_the_same_and_another_page_does_not():
    lines = ["Holiday plans", "Book the train to Lisbon", "Ask Maria about the boat", "Pack the red jacket"]
    first = prepared(as_bytes(page([*lines, "12:01"]), "PNG"), 768)
    later = prepared(as_bytes(page([*lines, "12:02"]), "PNG"), 768)
    invoice = ["Invoice", "Two chairs 80", "One table 120", "Total 200 and thanks", "x"]
    other = prepared(as_bytes(page(invoice), "PNG"), 768)
    assert distance_bits(first.perceptual_hash, later.perceptual_hash) <= 4
    assert distance_bits(first.perceptual_hash, other.perceptual_hash) > 8
