#!/usr/bin/env python3
"""Compare tagweir with the oracle on as many made-up decisions as wanted, record by record.

    many.py --tagweir build/release/tagweir --oracle build/release/tests/weir-oracle
            [--decisions 10M] [--seconds S] [--seed N] [--jobs 2]
    many.py ... --seed N --posts P --round R --keep DIR     one round again, and its files

In rounds, each with rules and posts of its own, drawn from the seed and the round's number. Every
second round switches off a part of the matcher, in turn, all of them, or decides by a compiled rule
set; every fifth compares traces too; some have posts of all dialects and bad lines, some large rule
sets of all regions, some each post's own time. No more is kept on disk than the rounds that run.

A decision is one post decided; those inside it, which records show as `quoted`, are not counted.
Records must be equal in every byte, but for what compare.py lets pass: messages of error records,
and records with `limit`, whose units differ between builds. Exit 1 on a mismatch or a missed minimum.
"""
import argparse
import collections
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import compare
import gen_posts
import made_up
from make_rules import write_rules

CLOCK = '2021-02-01T07:00:00Z'
PARTS = ['memo', 'batch', 'gate', 'sieve', 'vectors', 'automaton', 'words', 'jit']
MODES = PARTS + ['all parts', 'compiled']
ACTION = re.compile(rb'^\{"v":1,"(?:post|query)".*?"action":"([a-z]+)"', re.M)
SHOWN = 3  # mismatches of a round


class Round:
    """What a round is to be, by its number; its draws do not depend on other rounds."""

    def __init__(self, seed, number, posts):
        self.number = number
        self.rng = random.Random(f'{seed}/{number}')
        self.mode = MODES[number // 2 % len(MODES)] if number % 2 else 'as it is'
        self.explain = number % 5 == 4
        self.clock = 'created' if number % 7 == 6 else CLOCK
        self.dialects = number % 11 == 10
        self.large = number % 13 == 12
        self.nrules = self.rng.randint(150, 450) if self.large else \
            self.rng.choice([45, 45, 50, 60, 100])
        # the oracle's time a post grows with rules and regions; traces are long, dialects slow
        share = 60 / self.nrules / (8 if self.large else 1)
        share /= 4 if self.explain or self.dialects else 1
        self.nposts = max(50, int(posts * min(share, 1)))

    def write(self, folder):
        material = made_up.Material(self.rng)
        (folder / 'rules').mkdir()
        write_rules(folder / 'rules' / 'rules.yaml',
                    made_up.Rules(self.rng, material, self.large).make(self.nrules, False))
        posts = gen_posts.Posts if self.dialects else made_up.OwnPosts
        posts = posts(self.rng, material)
        with open(folder / 'feed.ndjson', 'w', encoding='utf-8') as f:
            f.writelines(posts.line() + '\n' for _ in range(self.nposts))


class Failed(Exception):
    pass


def run(command, out):
    with open(out, 'wb') as f:
        done = subprocess.run([str(c) for c in command], stdout=f, stderr=subprocess.PIPE)
    if done.returncode:
        raise Failed(f'{" ".join(str(c) for c in command)} ended with {done.returncode}:\n'
                     + done.stderr.decode(errors='replace')[-2000:])
    return pathlib.Path(out).read_bytes()


def decide(options, this, folder):
    """The records of both."""
    rules, more = folder / 'rules', ['--clock', this.clock] + ['--explain'] * this.explain
    engine = [options.tagweir, 'replay', '--quiet'] + more
    if this.mode == 'compiled':
        run([options.tagweir, 'compile', '--quiet', rules, '-o', folder / 'rules.tws'], folder / 'said')
        engine += ['--rules', folder / 'rules.tws']
    else:
        engine += ['--rules', rules]
    if this.mode in MODES and this.mode != 'compiled':
        engine += ['--match-off', ','.join(PARTS) if this.mode == 'all parts' else this.mode]
    by_engine = run(engine + [folder / 'feed.ndjson'], folder / 'engine.ndjson')
    digest = compare.RULESET.search(by_engine)
    oracle = [options.oracle, '--rules', rules] + more
    if digest:
        oracle += ['--ruleset', digest.group(1).decode()]
    return by_engine, run(oracle + [folder / 'feed.ndjson'], folder / 'oracle.ndjson')


def tell(options, this, folder, number, engine, oracle):
    """A mismatch, with all that is needed to see it again."""
    print(f'# MISMATCH in round {this.number} ({this.mode}), record {number}; to repeat it:\n'
          f'#   python3 {sys.argv[0]} --tagweir {options.tagweir} --oracle {options.oracle} '
          f'--seed {options.seed} --posts {options.posts} --round {this.number} --keep DIR')
    if not this.dialects:  # where each line is one record
        with open(folder / 'feed.ndjson', encoding='utf-8') as f:
            post = next((line for i, line in enumerate(f, 1) if i == number), '').rstrip('\n')
        print(f'#   post:   {post}')
    print(f'#   engine: {engine.decode(errors="replace")}\n'
          f'#   oracle: {oracle.decode(errors="replace")}')
    try:
        compare.explain(f'round {this.number}', number, engine, oracle)
    except ValueError as why:
        print(f'#   one of them is no JSON: {why}')
    sys.stdout.flush()


def verdict_of(engine, oracle):
    try:
        return 'same' if engine == oracle else compare.same(engine, oracle)
    except ValueError:  # no JSON
        return 'different'


def compare_records(options, this, folder, count):
    engine, oracle = decide(options, this, folder)
    if engine != oracle:
        a, b = engine.split(b'\n'), oracle.split(b'\n')
        for i in range(max(len(a), len(b))):
            x, y = a[i] if i < len(a) else b'', b[i] if i < len(b) else b''
            verdict = verdict_of(x, y)
            if verdict == 'different':
                count['mismatches'] += 1
                if count['mismatches'] <= SHOWN:
                    tell(options, this, folder, i + 1, x, y)
            elif verdict != 'same':
                count['limits'] += 1
    count.update(f'action {action.decode()}' for action in ACTION.findall(oracle))
    count['decisions'] = sum(count[f'action {a}'] for a in ('allow', 'downrank', 'withhold'))
    assert count['decisions'], f'round {this.number} decided nothing'
    count[f'mode {this.mode}'] = count['decisions']
    count['errors'] = oracle.count(b'{"v":1,"error":')
    if this.explain:
        count['traced'] = count['decisions']
        count.update(f'state {state.decode()}' for state in compare.STATE.findall(oracle))


def play(options, this):
    """One round: what was counted."""
    count = collections.Counter(rounds=1)
    if options.keep:
        folder = pathlib.Path(options.keep)
        folder.mkdir(parents=True)
        this.write(folder)
        compare_records(options, this, folder, count)
        return count
    with tempfile.TemporaryDirectory(prefix='tagweir-many-') as name:
        this.write(pathlib.Path(name))
        compare_records(options, this, pathlib.Path(name), count)
    return count


def play_all(options):
    """Rounds in order, as many at a time as there are jobs, until there are decisions enough."""
    total, number, running = collections.Counter(), 0, {}
    start = told = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        while True:
            late = options.seconds and time.monotonic() - start > options.seconds
            while not late and len(running) < options.jobs and \
                    total['decisions'] + sum(running.values()) < options.decisions:
                this = Round(options.seed, number, options.posts)
                running[pool.submit(play, options, this)] = this.nposts
                number += 1
            if not running:
                return total, time.monotonic() - start
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                del running[done]
                total.update(done.result())
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f'# {total["decisions"]:,} decisions, {total["mismatches"]} mismatches, '
                      f'{total["decisions"] / (told - start):,.0f} a second', flush=True)


def report(options, total, seconds):
    """true: nothing is amiss."""
    def those(kind):
        return ', '.join(f'{key[len(kind) + 1:]} {n:,}' for key, n in sorted(total.items())
                         if key.startswith(kind + ' '))

    decisions = max(total['decisions'], 1)
    acting = 1 - total['action allow'] / decisions
    rare = [s for s in compare.STATES if s != 'limit' and total[f'state {s}'] < options.min_states]
    print(f'# {total["decisions"]:,} decisions in {total["rounds"]:,} rounds, {seconds:.0f} s, '
          f'{total["decisions"] / seconds:,.0f} a second\n'
          f'# a rule acts on {100 * acting:.1f} %: {those("action")}\n'
          f'# decided {those("mode")}\n'
          f'# {total["traced"]:,} with traces: {those("state")}\n'
          f'# {total["errors"]:,} bad lines; {total["limits"]:,} records differ as budgets do')
    if rare:
        print(f'# seen less than {options.min_states} times: {", ".join(rare)}')
    if acting < options.min_acting:
        print(f'# less than {100 * options.min_acting:.0f} % are acted on')
    print(f'{total["mismatches"]:,} mismatches in {total["decisions"]:,} decisions; '
          f'WEIR_SEED={options.seed}', flush=True)
    return not total['mismatches'] and not rare and acting >= options.min_acting


def amount(text):
    return int(float(text.rstrip('kM')) * {'k': 1000, 'M': 1000000}.get(text[-1], 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tagweir', required=True)
    parser.add_argument('--oracle', required=True)
    parser.add_argument('--decisions', type=amount, default=50000, help='50k, 10M')
    parser.add_argument('--seconds', type=float, help='no round begins later than this')
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument('--jobs', type=int, default=1, help='rounds at a time')
    parser.add_argument('--posts', type=amount, help='of a round of some 60 rules')
    parser.add_argument('--round', type=int, help='this one alone')
    parser.add_argument('--keep', help='with --round: leave its files in this folder, a new one')
    parser.add_argument('--min-acting', type=float, default=0.2)
    parser.add_argument('--min-states', type=int, default=0)
    options = parser.parse_args()
    options.posts = options.posts or max(500, min(20000, options.decisions // 25))
    if options.keep and options.round is None:
        parser.error('--keep goes with --round')
    print(f'# WEIR_SEED={options.seed}', flush=True)
    try:
        if options.round is None:
            return 0 if report(options, *play_all(options)) else 1
        total = play(options, Round(options.seed, options.round, options.posts))
        print(f'# {dict(total)}')
        return 1 if total['mismatches'] else 0
    except Failed as why:
        print(f'# WEIR_SEED={options.seed}: {why}')
        return 1


if __name__ == '__main__':
    sys.exit(main())
