#!/usr/bin/env python3
"""Run the hand-made cases of tests/oracle/cases against a program, and print TAP.

    run_cases.py --program build/release/tests/weir-oracle
    run_cases.py --program build/release/tagweir --replay

Each case is a folder: rules.yaml, feed.ndjson, expected.ndjson (derived by hand from the contract),
and `args` where the clock is not 2021-02-01T07:00:00Z or more is wanted. Of an error record only
`error` and `line` are compared; `ruleset` is compared for its shape alone.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

RULESET = re.compile(rb'"ruleset":"[0-9a-f]{16}"')


def records(data):
    """Lines as they are to be compared."""
    lines = []
    for line in data.splitlines():
        line = RULESET.sub(b'"ruleset":"0000000000000000"', line)
        if line.startswith(b'{"v":1,"error":'):
            error = json.loads(line)
            line = json.dumps({k: error[k] for k in ('v', 'error', 'line')},
                              separators=(',', ':')).encode()
        lines.append(line)
    return lines


def run(program, replay, case):
    args = (case / 'args').read_text().split() if (case / 'args').exists() else []
    if '--clock' not in args:
        args += ['--clock', '2021-02-01T07:00:00Z']
    command = [program] + (['replay'] if replay else []) + ['--rules', str(case / 'rules.yaml')]
    return subprocess.run(command + args + [str(case / 'feed.ndjson')], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--program', required=True)
    parser.add_argument('--replay', action='store_true', help='it is tagweir, not weir-oracle')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    folder = pathlib.Path(__file__).resolve().parent.parent / 'oracle' / 'cases'
    cases = sorted(c for c in folder.iterdir() if not options.names or c.name in options.names)
    failed = 0
    print(f'1..{len(cases)}')
    for number, case in enumerate(cases, 1):
        result = run(options.program, options.replay, case)
        got, expected = records(result.stdout), records((case / 'expected.ndjson').read_bytes())
        ok = got == expected and result.returncode == 0
        failed += not ok
        print(f'{"ok" if ok else "not ok"} {number} - {case.name}')
        if ok:
            continue
        print(f'# exit {result.returncode}: {result.stderr.decode(errors="replace").strip()}'
              .replace('\n', '\n# '))
        for i in range(max(len(got), len(expected))):
            g = got[i].decode(errors='replace') if i < len(got) else '(nothing)'
            e = expected[i].decode(errors='replace') if i < len(expected) else '(nothing)'
            if g != e:
                print(f'# record {i + 1}\n#   expected {e}\n#   got      {g}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
