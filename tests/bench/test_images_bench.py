"""`homebody bench images` measures what it says."""

import pytest

from homebody.bench.images import measure


@pytest.mark.slow
def test_a_picture_is_ready_to_be_sent_in_little_more_than_a_thumbnails_time_and_looks_right():
    report = measure(7)
    assert report.prepare_ms > 0
    assert report.to_thumbnail <= 1.15  # of processor time, in one run: the load of the machine falls on both
    assert report.to_full < 0.7
    assert report.likeness_db > 44
