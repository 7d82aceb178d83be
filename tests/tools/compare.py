#!/usr/bin/env python3
"""Compare tagweir with the oracle over all real feeds (and others), record by record; print TAP.

    compare.py --tagweir build/release/tagweir --oracle build/release/tests/weir-oracle \\
               --rules DIR --data ../shared/data

Records must be equal in every byte, the trace included. Of error records only `error` and `line`
are compared, and not at all what a record says that carries `limit`: there, both must carry it
(the units of PCRE2's budget differ between JIT and interpreter). The oracle is told the digest
that the engine's first record has. Exit 1 on any difference or a missed minimum.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from material import feeds

STATES = ['off', 'not_in_force', 'limit', 'no_match', 'excepted', 'held_back', 'observed',
          'exempted', 'outranked', 'matched']
STATE = re.compile(rb'"state":"([a-z_]+)"')
RULESET = re.compile(rb'"ruleset":"([0-9a-f]{16})"')


def run(command, out):
    with open(out, 'wb') as f:
        result = subprocess.run(command, stdout=f, stderr=subprocess.PIPE)
    if result.returncode:
        sys.stderr.write(result.stderr.decode(errors='replace')[-2000:])
        print(f'Bail out! {command[0]} ended with exit code {result.returncode}')
        sys.exit(1)


def first_difference(a, b, path=''):
    """(path, value of a, value of b) of the first place where two JSON values differ, or None."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in list(a) + [k for k in b if k not in a]:
            if key not in a or key not in b:
                return f'{path}.{key}', a.get(key, '(absent)'), b.get(key, '(absent)')
            found = first_difference(a[key], b[key], f'{path}.{key}')
            if found:
                return found
        return None if list(a) == list(b) else (f'{path} (order of keys)', list(a), list(b))
    if isinstance(a, list) and isinstance(b, list):
        for i, (x, y) in enumerate(zip(a, b)):
            found = first_difference(x, y, f'{path}[{i}]')
            if found:
                return found
        return None if len(a) == len(b) else (f'{path} (length)', len(a), len(b))
    return None if a == b else (path, a, b)


def is_error(line):
    return line.startswith(b'{"v":1,"error":')


def has_limit(line):
    return b'"limit":[' in line


def same(engine, oracle):
    """'same', 'limit' (both ran out), 'proved' (only the oracle did), or 'different'."""
    if engine == oracle:
        return 'same'
    if is_error(engine) and is_error(oracle):
        a, b = json.loads(engine), json.loads(oracle)
        return 'same' if (a['error'], a['line']) == (b['error'], b['line']) else 'different'
    if not has_limit(oracle):
        return 'different'
    return 'limit' if has_limit(engine) else 'proved'


def explain(feed, number, engine, oracle):
    print(f'# {feed}, record {number}')
    if not engine or not oracle:
        print(f'#   only one has it\n#   engine {engine[:300]}\n#   oracle {oracle[:300]}')
        return
    a, b = json.loads(engine), json.loads(oracle)
    what = a.get('post', a.get('query', a.get('line')))
    found = first_difference(a, b) or ('(bytes)', engine[:300], oracle[:300])
    print(f'#   post   {what}\n#   at     {found[0]}')
    print(f'#   engine {json.dumps(found[1], ensure_ascii=False, default=str)[:400]}')
    print(f'#   oracle {json.dumps(found[2], ensure_ascii=False, default=str)[:400]}')
    if 'trace' in found[0] and isinstance(a.get('trace'), list):
        place = re.match(r'\.trace\[(\d+)\]', found[0])
        if place:
            i = int(place.group(1))
            print(f'#   entry  {json.dumps(a["trace"][i])} against {json.dumps(b["trace"][i])}')


class Comparison:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.count = collections.Counter()
        self.states = collections.Counter()

    def commands(self, feed):
        rules = self.options.rules
        common = ['--clock', self.options.clock, '--explain']
        handles = pathlib.Path(rules) / 'handles.csv'
        if handles.exists():
            common += ['--handles', str(handles)]
        if self.options.tags:
            common += ['--tags', self.options.tags]
        engine = [self.options.tagweir, 'replay', '--rules', rules] + common
        oracle = [self.options.oracle, '--rules', rules] + common
        if self.options.jit:
            oracle.append('--jit')
        return engine + self.options.engine_option + [str(feed)], oracle + [str(feed)]

    def feed(self, feed):
        """Compare one feed; the number of differences."""
        engine_out, oracle_out = self.folder / 'engine', self.folder / 'oracle'
        engine_command, oracle_command = self.commands(feed)
        run(engine_command, engine_out)
        engine = engine_out.read_bytes().split(b'\n')
        digest = RULESET.search(engine_out.read_bytes())
        if digest:
            oracle_command += ['--ruleset', digest.group(1).decode()]
        run(oracle_command, oracle_out)
        oracle = oracle_out.read_bytes().split(b'\n')
        differences = 0
        for i in range(max(len(engine), len(oracle))):
            a = engine[i] if i < len(engine) else b''
            b = oracle[i] if i < len(oracle) else b''
            verdict = 'same' if a == b == b'' else same(a, b)
            if verdict == 'proved' and not self.options.may_prove:
                verdict = 'different'
            if verdict == 'different':
                differences += 1
                if differences <= self.options.show:
                    explain(feed.name, i + 1, a, b)
            if b:
                self.note(b, verdict)
        return differences

    def note(self, line, verdict):
        self.count['records'] += 1
        self.count[verdict] += 1
        if is_error(line):
            self.count['errors'] += 1
            return
        self.count['decided'] += 1
        self.count['acting'] += b',"action":"allow"' not in line.split(b',"regions":')[0][:2000]
        for state in STATE.findall(line):
            self.states[state.decode()] += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tagweir', required=True)
    parser.add_argument('--oracle', required=True)
    parser.add_argument('--rules', required=True)
    parser.add_argument('--data', help='its feeds are compared')
    parser.add_argument('--feed', action='append', default=[], help='another feed')
    parser.add_argument('--clock', default='2021-02-01T07:00:00Z')
    parser.add_argument('--tags', choices=['structured', 'both'])
    parser.add_argument('--min-acting', type=float, default=0.0)
    parser.add_argument('--min-states', type=int, default=0)
    parser.add_argument('--limits', action='store_true', help='the state limit must come up too')
    parser.add_argument('--may-prove', action='store_true',
                        help='the engine may know by its literals what the oracle ran out on')
    parser.add_argument('--jit', action='store_true', help='the oracle uses JIT, to be faster')
    parser.add_argument('--engine-option', action='append', default=[])
    parser.add_argument('--show', type=int, default=3, help='differences shown of each feed')
    options = parser.parse_args()
    paths = (feeds(options.data) if options.data else []) + [pathlib.Path(f) for f in options.feed]
    failed = 0
    print(f'1..{len(paths) + 2}')
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(options, pathlib.Path(folder))
        for number, path in enumerate(paths, 1):
            differences = comparison.feed(path)
            failed += differences > 0
            print(f'{"not ok" if differences else "ok"} {number} - {path.name}: '
                  f'{differences} differences', flush=True)
    count, states = comparison.count, comparison.states
    share = count['acting'] / max(count['decided'], 1)
    ok = share >= options.min_acting
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {len(paths) + 1} - a rule acts on '
          f'{100 * share:.1f} % of {count["decided"]} posts')
    rare = [s for s in STATES if states[s] < options.min_states and (s != 'limit' or options.limits)]
    failed += bool(rare)
    print(f'{"not ok" if rare else "ok"} {len(paths) + 2} - every state comes up at least '
          f'{options.min_states} times')
    print('# ' + ', '.join(f'{s} {states[s]}' for s in STATES))
    print('# ' + ', '.join(f'{k} {v}' for k, v in sorted(count.items())))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
