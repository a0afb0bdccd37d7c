"""Runs the tests of a file: unittest's cases and functions that begin with test. Fails when there are none."""

import importlib
import sys
import unittest

module = importlib.import_module(sys.argv[1])
suite = unittest.defaultTestLoader.loadTestsFromModule(module)
ran = suite.countTestCases()
passed = unittest.TextTestRunner().run(suite).wasSuccessful()


def functions_of(holder):
    return [value for name, value in vars(holder).items() if name.startswith("test") and callable(value)]


calls = [(function, ()) for function in functions_of(module)]
for value in list(vars(module).values()):
    if isinstance(value, type) and value.__name__.startswith("Test") and not issubclass(value, unittest.TestCase):
        calls += [(function, (value(),)) for function in functions_of(value)]
for function, own in calls:
    for row in getattr(function, "rows", [()]):
        ran += 1
        try:
            function(*own, *row)
        except Exception as error:
            print(f"{function.__name__}{row}: {error!r}")
            passed = False
sys.exit(0 if passed and ran > 0 else 1)
