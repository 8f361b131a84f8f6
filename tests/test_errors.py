"""One tree of errors, drawn where it stands."""

import inspect
import re

from homebody import errors
from homebody.errors import HomebodyError
from homebody.messages import FAILURE_CODES

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, HomebodyError)]


def test_the_drawn_tree_shows_every_error_under_its_parent():
    drawn = {}
    parents = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^    ([│├└─\s]*)([A-Z]\w+)", line):
            depth = len(found[1]) // 4
            parents[depth:] = [found[2]]
            drawn[found[2]] = parents[depth - 1] if depth else None
    real = {c.__name__: (c.__mro__[1].__name__ if c is not HomebodyError else None) for c in CLASSES}
    assert drawn == real


def test_every_error_has_a_code_of_the_wire_and_an_exit_status_of_its_own_kind():
    for error in CLASSES:
        assert error.code in FAILURE_CODES, error
        assert 64 <= error.exit_code <= 78, error


def test_every_error_says_in_its_docstring_when_it_is_met():
    for error in CLASSES:
        assert error.__doc__, error
