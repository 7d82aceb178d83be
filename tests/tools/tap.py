"""TAP for the Python tests: functions named test_* of a module, run in the order they stand.

A test passes when it returns, fails when it raises, and skips when it raises Skip(why).
"""
import inspect
import sys
import traceback


class Skip(Exception):
    """The reason is what a reader needs to know."""


def main():
    module = sys.modules["__main__"]
    tests = [(n, f) for n, f in inspect.getmembers(module, inspect.isfunction)
             if n.startswith("test_")]
    tests.sort(key=lambda t: t[1].__code__.co_firstlineno)
    only = sys.argv[1:]
    tests = [t for t in tests if not only or any(o in t[0] for o in only)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        said = name[len("test_"):].replace("_", " ")
        try:
            function()
            print(f"ok {number} - {said}", flush=True)
        except Skip as why:
            print(f"ok {number} - {said} # SKIP {why}", flush=True)
        except Exception:  # whatever a test raises is its failure
            failed += 1
            print(f"not ok {number} - {said}", flush=True)
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()),
                  flush=True)
    sys.exit(1 if failed else 0)
