"""The page of reports is whole, safe and honest."""

from __future__ import annotations

import contextlib
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench import charts, earlier_reports
from homebody.bench.circumstances import circumstances, documented, git_revision
from homebody.bench.page import page
from homebody.bench.paired import ratio
from homebody.bench.regress import Checked, Report
from homebody.bench.tasks import by_purpose
from homebody.errors import UsageError

NAMES = st.text(max_size=40).filter(
    lambda text: not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", text)
)
VALUES = st.floats(0, 1e9)
MODEL = {
    "model": "qwen2.5:1.5b", "backend": "ollama", "shape_only": False, "load_ms": 2000.0,
    "footprint": {"quantisation": "Q8_0", "disk_bytes": 1_900_000_000, "memory_bytes": 2_100_000_000},
    "speed": {"tokens_per_s": 63.8, "prompt_tokens_per_s": 900.0, "first_token_ms": 120.0},
    "accuracy": {"mathematics": {"right": 7, "tasks": 9, "accuracy": 0.7778}},
    "all": {"right": 7, "tasks": 9, "accuracy": 0.7778},
}  # fmt: skip


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "href"}, value
        if tag not in {"meta", "line", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(html):
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    assert not tags.seen & {"script", "link", "iframe", "img", "object"}
    return tags.seen


@given(st.lists(st.tuples(NAMES, st.none() | VALUES, NAMES), max_size=6))
def test_bars_are_well_formed_whatever_they_are_called(rows):
    ET.fromstring(charts.bars(rows))


@given(st.lists(st.tuples(NAMES, st.lists(st.tuples(NAMES, VALUES), max_size=5)), max_size=4))
def test_stacked_bars_are_well_formed_and_stay_inside(rows):
    root = ET.fromstring(charts.stacked(rows, "ms"))
    width = float(root.attrib["viewBox"].split()[2])
    for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
        if bar.attrib.get("height") != "14":
            assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width


@given(st.lists(st.tuples(NAMES, st.lists(st.tuples(NAMES, VALUES), max_size=5)), max_size=4))
def test_lines_are_well_formed(series):
    ET.fromstring(charts.lines(series, "ms"))


@given(st.floats(1e-6, 1e12))
def test_an_axis_ends_at_a_round_number_not_far_above(value):
    end = charts.nice(value)
    assert value <= end * (1 + 1e-6)
    assert end <= 2.6 * value or math.isclose(end, 2.5 * value, rel_tol=0.05)


def test_the_page_needs_nothing_from_elsewhere_and_hostile_names_stay_text():
    hostile = {**MODEL, "model": "<script>alert(1)</script>"}
    html = page([{"bench": "text", "models": [hostile], "not_measured": {}}])
    assert "svg" in checked(html)
    assert "<script" not in html
    assert "prefers-color-scheme: dark" in html


def test_random_weights_are_labelled_wherever_they_are_shown():
    html = page([{"bench": "text", "models": [{**MODEL, "shape_only": True}], "not_measured": {}}])
    assert "shape only, not quality" in html


def test_a_bench_that_the_page_does_not_know_is_shown_as_numbers():
    assert "p50_ms" in page([{"bench": "new", "spread": {"p50_ms": 3.0}}])


@pytest.mark.parametrize("bench", ["voice", "vision", "shape", "intents", "routing", "hearing", "regress", "text"])
@given(value=st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2)))
def test_a_report_that_is_not_whole_is_refused_or_shown_but_never_breaks_the_page(bench, value):
    names = ("p50_ms", "models", "legs", "score", "resolutions", "conditions", "recognisers", "confusion")
    with contextlib.suppress(UsageError):
        checked(page([{"bench": bench, "circumstances": value, **dict.fromkeys(names, value)}]))


@pytest.mark.processes
def test_every_report_says_where_and_when_it_was_made():
    leg = Checked(key="work", worse=False, ratio=ratio([1.0]), baseline=1.0, limit=1.2)
    record = documented("regress", Report(passed=True, legs=(leg,)))
    found = record["circumstances"]
    assert record["bench"] == "regress"
    assert found["machine"]["cores"] >= 1
    assert len(found["load_average"]) == 3
    assert found["versions"]["homebody"]
    checked(page([record]))


@pytest.mark.processes
def test_outside_of_a_checkout_there_is_no_revision(tmp_path):
    assert git_revision(tmp_path) is None
    assert str(circumstances())


def test_the_earlier_reports_rows_are_filled_only_from_ours():
    empty = earlier_reports.tables([])
    assert all(row.ours is None for rows in empty.values() for row in rows)
    shape = [{"bench": "text", "models": [{**MODEL, "shape_only": True}]}]
    assert earlier_reports.tables(shape) == empty
    filled = earlier_reports.tables([{"bench": "text", "models": [MODEL]}])
    sizes = {row.name: row.ours for row in filled["Quantisation: size and speed"]}
    assert sizes["Qwen 2.5 1.5B, in 8 bit"] == "qwen2.5:1.5b, Q8_0: 1.9 GB"
    assert [name for name, ours in sizes.items() if ours] == ["Qwen 2.5 1.5B, in 8 bit"]
    assert filled["Task accuracy"][0].ours == "qwen2.5:1.5b: 7 of 9"
    assert filled["Tokens per second"][0].ours is None


def test_the_earlier_reports_gain_in_speed_is_filled_only_from_models_that_took_turns():
    whole = {**MODEL, "model": "qwen2.5:1.5b-fp16", "footprint": {"quantisation": "F16", "disk_bytes": 3_100_000_000}}
    both = {"bench": "text", "models": [whole, MODEL]}

    def gain(report):
        return earlier_reports.tables([report])["Quantisation: size and speed"][-1].ours

    assert gain(both) is None
    turns = {"tokens_per_s": {"pairs": 8, "median": 1.5, "low": 1.4, "high": 1.6}}
    assert gain({**both, "ab": {"a": whole["model"], "b": MODEL["model"], **turns}}) == "1.50 times the tokens/s"
    assert gain({**both, "ab": {"a": MODEL["model"], "b": whole["model"], **turns}}) == "0.67 times the tokens/s"


def test_the_earlier_reports_code_is_told_apart_by_its_tasks():
    model = {
        **MODEL,
        "tasks": [{"key": "double", "right": 1}, {"key": "roman", "right": 0}, {"key": "merge", "right": 1}],
    }
    rows = earlier_reports.tables([{"bench": "text", "models": [model]}])["Task accuracy"]
    assert {row.name: row.ours for row in rows if row.name.startswith("code")} == {
        "code: simple functions": "qwen2.5:1.5b: 1 of 1",
        "code: algorithms": "qwen2.5:1.5b: 1 of 2",
    }
    assert {task.id for task in by_purpose()["code"]} >= set().union(*(ids for _, ids, _ in earlier_reports.CODE))


def test_the_tables_of_the_earlier_reports_stand_in_the_document_as_the_command_prints_them():
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    assert earlier_reports.markdown([]) in text
