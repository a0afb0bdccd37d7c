"""What tests written for pytest use of it most; runTests.py runs them. Nothing has to be installed."""

import contextlib
import re


@contextlib.contextmanager
def raises(kinds, match=None):
    try:
        yield
    except kinds as error:
        assert match is None or re.search(match, str(error)), f"{error} does not match {match}"
    else:
        raise AssertionError(f"{kinds} was not raised")


class approx:
    def __init__(self, value, rel=1e-6, abs=1e-12):
        self.value, self.rel, self.least = value, rel, abs

    def __eq__(self, other):
        return -self.tolerance() <= other - self.value <= self.tolerance()

    def tolerance(self):
        return max(self.rel * (self.value if self.value > 0 else -self.value), self.least)


class _Mark:
    @staticmethod
    def parametrize(_names, rows, ids=None):
        def marked(function):
            function.rows = [row if isinstance(row, tuple) else (row,) for row in rows]
            return function

        return marked


mark = _Mark()


def main(*_):
    """Files of tests end with it; runTests.py has its own way."""
    return 0
