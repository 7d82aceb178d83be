#!/usr/bin/env python3
"""Count the instructions that a tag costs, with Valgrind's callgrind.

    instructions.py [--bench build/release/tagweir-bench] [--json FILE]
                    [--workload cold,dense] [--rules 100,10k,100k] [--tokens zipf,unique]
                    [--engines tagweir,tagweir-memo] [--count N] [--stream N] [--seed N]

Beside times, because they hardly depend on the machine, and not at all on what else it does. They
leave out what waiting for memory costs, which is most of the cost of large rule sets. Counted is
the look-up of N tags, hits included, after as many others of the stream; no rules compiled, no tags
made. Valgrind's processor has no AVX-512: code that would use it takes another way here.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TRIGGER = re.compile(r'^desc: Trigger: Client Request: (\S+) (\d+) (\S+) (\S+) (\d+)$', re.M)
TOTALS = re.compile(r'^(?:totals|summary): (\d+)', re.M)


def count(options, folder):
    """Rows of the table, as callgrind's dumps have them."""
    command = ['valgrind', '--tool=callgrind', '--instr-atstart=no', '--dump-instr=no',
               f'--callgrind-out-file={folder}/out', options.bench, 'match',
               '--count', options.count, '--workload', options.workload, '--rules', options.rules,
               '--tokens', options.tokens, '--engines', options.engines, '--seed', options.seed]
    if options.stream:
        command += ['--stream', options.stream]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f'{" ".join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}')
    rows = []
    for path in pathlib.Path(folder).glob('out*'):
        text = path.read_text()
        label, total = TRIGGER.search(text), TOTALS.search(text)
        if label:
            workload, rules, tokens, engine, n = label.groups()
            rows.append({'workload': workload, 'rules': int(rules), 'tokens': tokens,
                         'engine': engine, 'tags': int(n),
                         'instructions': int(total[1]) / int(n)})
    return sorted(rows, key=lambda r: (r['workload'], r['tokens'], r['engine'], r['rules']))


def table(rows):
    sizes = sorted({r['rules'] for r in rows})
    print(f'Instructions a tag, by number of rules\n\n{"workload":9}{"stream":8}{"engine":14}'
          + ''.join(f'{size:>10,}' for size in sizes))
    for key in dict.fromkeys((r['workload'], r['tokens'], r['engine']) for r in rows):
        found = {r['rules']: r['instructions'] for r in rows
                 if (r['workload'], r['tokens'], r['engine']) == key}
        print(f'{key[0]:9}{key[1]:8}{key[2]:14}'
              + ''.join(f'{found[size]:>10,.0f}' if size in found else ' ' * 10 for size in sizes))


def main():
    root = pathlib.Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bench', default=str(root / 'build' / 'release' / 'tagweir-bench'))
    parser.add_argument('--workload', default='cold,dense')
    parser.add_argument('--rules', default='100,10k,100k')
    parser.add_argument('--tokens', default='zipf,unique')
    parser.add_argument('--engines', default='tagweir,tagweir-memo')
    parser.add_argument('--count', default='200k', help='tags of each stream that are counted')
    parser.add_argument('--stream', help='tags in a stream, as of tagweir-bench')
    parser.add_argument('--seed', default='1')
    parser.add_argument('--json', help='the table, for machines')
    options = parser.parse_args()
    if not shutil.which('valgrind'):
        sys.exit('valgrind is not installed')
    with tempfile.TemporaryDirectory(prefix='tagweir-instructions-') as folder:
        rows = count(options, folder)
    if not rows:
        sys.exit('callgrind wrote nothing: was tagweir-bench built without valgrind/callgrind.h?')
    table(rows)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({'instructions': rows}, indent=1) + '\n')


if __name__ == '__main__':
    main()
