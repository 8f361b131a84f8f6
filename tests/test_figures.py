"""Every number in the README is printed by a command that is named beside it."""

import os
import re
from pathlib import Path

import msgspec
import pytest

from homebody.bench.summary import markdown
from homebody.errors import UsageError

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "docs" / "figures"
README = ROOT / "README.md"
BENCHMARKS = ROOT / "docs" / "benchmarks.md"
REPORTS = sorted(FIGURES.glob("*.json"))
PAGES = {"shape": BENCHMARKS}  # the others are in the README, with a picture
MEASURED = re.compile(r"(?<![\w.,])\d[\d.,]*\s?(ms|s|MB|GB|MiB|GiB|%|tokens/s|tokens a second|times)(?![\w/])")
NAMED = re.compile(r"`(homebody|make|python) [^`]+`|\]\(docs/(decisions|benchmarks)[^)]*\)")


def made(report):
    return f"<!-- {report.name} -->\n{markdown(msgspec.json.decode(report.read_bytes()))}\n<!-- end -->"


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.stem)
def test_its_page_holds_what_a_report_says_and_the_readme_shows_a_picture(report):
    page = PAGES.get(report.stem, README)
    text = page.read_text()
    pattern = rf"<!-- {report.name} -->\n.*?<!-- end -->"
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(re.sub(pattern, lambda _: made(report), text, flags=re.DOTALL))
    assert made(report) in page.read_text()
    if page == README:
        assert report.with_suffix(".png").is_file()
        assert f"](docs/figures/{report.stem}.png)" in text


def test_there_are_reports_behind_the_readme():
    assert {report.stem for report in REPORTS} == {"voice", "peers", "shape"}


def blocks():
    """The README's paragraphs, lists and tables; not its code, where no figure is claimed."""
    text = re.sub(r"```.*?```", "", README.read_text(), flags=re.DOTALL)
    return [block for block in re.split(r"\n\s*\n", text) if block.strip()]


def test_a_measured_number_stands_beside_the_command_that_prints_it_or_the_document_that_does():
    found = blocks()
    with_numbers = [at for at, block in enumerate(found) if MEASURED.search(block)]
    assert len(with_numbers) >= 3  # else the pattern has stopped finding them
    for at in with_numbers:
        around = "\n\n".join(found[max(0, at - 1) : at + 2])
        assert NAMED.search(around), found[at]


def test_a_report_of_another_bench_or_half_a_one_has_no_summary():
    with pytest.raises(UsageError, match="no summary"):
        markdown({"bench": "wire"})
    with pytest.raises(UsageError, match="not whole"):
        markdown({"bench": "voice", "turns": 3})
