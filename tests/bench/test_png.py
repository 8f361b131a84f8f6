"""The picture of a report shows the page's chart."""

import io

import pytest
from click.testing import CliRunner
from PIL import Image

from homebody.bench import charts, png
from homebody.cli import homebody as program

BARS = charts.bars([("ours", 300.0, "300 ms"), ("theirs", 900.0, "900 ms"), ("nobody's", None, "")])


def shown(svg, notes=()):
    return Image.open(io.BytesIO(png.drawn(svg, "a title", notes))).convert("RGB")


def width_of(picture, colour, row):
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    near = [x for x in range(picture.width) if max(abs(a - b) for a, b in zip(picture.getpixel((x, row)), wanted)) < 12]  # noqa: B905
    return len(near)


def test_a_bar_is_as_long_as_its_value_and_has_the_pages_colour():
    picture, top = shown(BARS), png.SCALE * (png.MARGIN + png.TITLE + 20)
    widths = [
        width_of(picture, png.colours()["c0"], top + png.SCALE * (number * charts.ROW + charts.BAR // 2))
        for number in range(3)
    ]
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.02)
    assert widths[2] == 0


@pytest.mark.parametrize(
    "svg",
    [
        BARS,
        charts.stacked([("half", [("hearing", 40.0), ("voice", 12.0)]), ("most", [("hearing", 80.0)])], "ms"),
        charts.lines([("a", [("1", 4.0), ("2", 5.0)]), ("b", [("1", 1.0), ("2", 2.0)])], "tokens/s"),
    ],
)
def test_every_kind_of_chart_can_be_drawn(svg):
    assert len(shown(svg).getcolors(100_000)) > 8


def test_every_part_of_a_bar_has_its_own_colour_in_the_legend():
    names = [f"part {number}" for number in range(charts.SERIES)]
    picture = shown(charts.stacked([("one", [(name, 1.0) for name in names])], "ms"))
    there = {colour for count, colour in picture.getcolors(1_000_000) if count > 200}
    for number in range(charts.SERIES):
        colour = png.colours()[f"c{number}"]
        assert tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) in there


def test_a_long_note_is_broken_and_the_picture_grows():
    assert shown(BARS, ["words " * 60]).height > shown(BARS, ["words"]).height + 3 * png.LINE


def test_a_report_without_such_a_chart_is_refused_by_name(tmp_path):
    report = tmp_path / "wire.json"
    report.write_text('{"bench": "wire"}')
    result = CliRunner().invoke(program, ["bench", "report", str(report), "--png", str(tmp_path / "wire.png")])
    assert result.exit_code != 0
    assert "no picture" in str(result.exception)
    assert not (tmp_path / "wire.png").exists()
