#!/usr/bin/env python3
"""Make a rule set from real material, the same one for the same seed.

    make_rules.py --seed 1 --kind lists --data ../shared/data --out DIR
    make_rules.py --seed 1 --kind feeds --data ../shared/data --out DIR [--limits]

lists: all of data/rules, spread over 20 regions and many rules by the seed. Keywords are hashtags
without their spaces (a tag holds none), with * ? and \\ escaped and a leading / dropped; regexes
are tried on hashtags, and by rules of their own on the author's handle; accounts are accounts and
mentions. The one pattern that PCRE2 refuses is left in unless --skip-bad-pattern is given.

feeds: rules made of the feeds' own tags, handles, ids and languages, so that many of them act, and
every state of a trace comes up often at the clock 2021-02-01T07:00:00Z. --limits adds rules whose
patterns run out of budget on ordinary tags, whatever unit the budget is counted in. handles.csv
beside the rules gives some DIDs a handle.

Rule files are written as YAML whose values are JSON.
"""
import argparse
import json
import pathlib
import random
import sys

import hosts
from material import Material

REGIONS = ['IN', 'TR', 'FR', 'DE', 'GB', 'US', 'BR', 'RU', 'JP', 'NO', 'PK', 'EG', 'ID', 'MX', 'ES',
           'IT', 'PL', 'KR', 'NG', 'AU']
GROUPS = ['EU', 'EEA', '150', '142', '019', 'south_asia', 'nordic_and_eu']
SOURCES = ['tweet', 'mastodon', 'bluesky', 'activitypub', 'own']
SURFACES = ['timeline', 'search', 'suggest', 'trends', 'recommend']
BAD_PATTERN = '\\L<'
# What a look-alike attack would write instead; all of them are confusable with the ASCII letter.
LOOKALIKES = {'a': 'а', 'e': 'е', 'o': 'о', 'p': 'р', 'c': 'с', 'x': 'х', 'i': 'і', 's': 'ѕ', 'y': 'у'}
LIMITS = ['/^(?=\\w{12})(?:\\w|\\w|\\w|\\w)+[!?]$/', '/^(?=\\w{11})(?:(?:\\w|\\w|\\w)+)+[!?]$/']


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def write_rules(path, top):
    """One line an order, list, group or rule."""
    with open(path, 'w', encoding='utf-8') as f:
        f.write('tagweir: 1\n')
        for key in ('groups', 'lists', 'orders'):
            if top.get(key):
                f.write(f'{key}:\n')
                for name, value in top[key].items():
                    f.write(f'  {name}: {dump(value)}\n')
        f.write('rules:\n')
        for rule in top['rules']:
            f.write(f'  - {dump(rule)}\n')


def action(rng, rule, allow=0.0):
    """Withhold, downrank or allow, with what belongs to it."""
    kind = rng.random()
    if kind < allow:
        rule['action'] = 'allow'
    elif kind < allow + (1 - allow) / 2:
        rule['action'] = 'withhold'
    else:
        rule['action'] = 'downrank'
        if rng.random() < 0.9:
            rule['factor'] = rng.choice([0, 0.1, 0.25, 0.5, 0.125, 0.05, 0.999, 0.001])
        if rng.random() < 0.7:
            rule['surfaces'] = rng.sample(SURFACES, rng.randint(1, 4))
    return rule


# lists ------------------------------------------------------------------------------------------

def keyword_tag(text):
    """A keyword as a hashtag of a list file, or None where nothing is left of it."""
    tag = ''.join(text.split()).lstrip('/')
    for c in '\\*?':
        tag = tag.replace(c, '\\' + c)
    return tag if tag.strip('#＃') and any(c.isalnum() or ord(c) > 0x2000 for c in tag) else None


def lists_rules(rng, data, out, skip_bad):
    folder = pathlib.Path(data) / 'rules'
    top = {'lists': {}, 'rules': []}

    def add_list(name, kinds, lines):
        (out / f'{name}.txt').write_text('\n'.join(lines) + '\n', encoding='utf-8')
        top['lists'][name] = {kind: f'{name}.txt' for kind in kinds}

    def add_rule(rule_id, match, **more):
        rule = {'id': rule_id, 'regions': rng.sample(REGIONS, rng.randint(1, 4)), **more}
        action(rng, rule)
        if rng.random() < 0.1:
            rule['fold'] = rng.choice(['confusable', 'turkic'])
        rule['match'] = match
        top['rules'].append(rule)

    by_language = {}
    for line in (folder / 'keywords_75_languages.tsv').read_text(encoding='utf-8').splitlines():
        language, keyword = line.split('\t', 1)
        tag = keyword_tag(keyword)
        if tag:
            by_language.setdefault(language, {})[tag] = None
    for language, tags in sorted(by_language.items()):
        name = 'keywords-' + ''.join(c if c.isalnum() else '-' for c in language.lower())
        add_list(name, ['hashtags'], list(tags))
        for i in range(rng.randint(1, 2)):
            add_rule(f'{name}-{i}', {'hashtags': [{'list': name}]})
    for name in ('watched', 'bad'):
        patterns = (folder / f'regex_{name}_keywords.txt').read_text(encoding='utf-8').splitlines()
        if skip_bad:
            patterns = [p for p in patterns if BAD_PATTERN not in p]
        patterns = list(dict.fromkeys(p for p in patterns if p.strip()))
        rng.shuffle(patterns)
        for i in range(0, len(patterns), 200):
            chunk = f'regex-{name}-{i // 200}'
            add_list(chunk, ['hashtags', 'accounts'], [f'/{p}/' for p in patterns[i:i + 200]])
            add_rule(f'{chunk}-tags', {'hashtags': [{'list': chunk}]})
            add_rule(f'{chunk}-accounts', {'accounts': [{'list': chunk}]})
    accounts = (folder / 'accounts_us_congress.txt').read_text(encoding='utf-8').split()
    rng.shuffle(accounts)
    add_list('congress', ['accounts'], accounts)
    add_rule('congress-authors', {'accounts': [{'list': 'congress'}]})
    add_rule('congress-mentions', {'mentions': [{'list': 'congress'}]})
    rng.shuffle(top['rules'])
    write_rules(out / 'rules.yaml', top)


# feeds ------------------------------------------------------------------------------------------

def often(rng, values, n=1):
    """The front of a list more often than its end."""
    return [values[int(len(values) * rng.random() ** 3)] for _ in range(n)]


def escape(text, special='\\^$.|?*+()[]{}/#-'):
    return ''.join('\\' + c if c in special else c for c in text)


def fold(text):
    return text.lower()


def glob_of(rng, text):
    """A glob that matches the text: pieces of it, the rest wild."""
    text = escape(text, '\\*?')
    a, b = sorted(rng.sample(range(len(text) + 1), 2)) if len(text) > 2 else (0, len(text))
    if '\\' in text:
        return '*'
    return rng.choice([text[:b] + '*', '*' + text[a:], '*' + text[a:b] + '*',
                       text[:a] + '?' + text[a + 1:], text[:a] + '*' + text[b:]])


def regex_of(rng, text):
    """A regex that matches the folded text."""
    text = fold(text)
    a, b = sorted(rng.sample(range(len(text) + 1), 2)) if len(text) > 2 else (0, len(text))
    part, head = escape(text[a:b]), escape(text[:b])
    return rng.choice([
        f'/^{escape(text)}$/', f'/^{head}/', f'/{part}/', f'/{escape(text[a:])}$/',
        f'/^{escape(text[:a])}.{{{b - a}}}{escape(text[b:])}$/', f'/^{escape(text[:a])}\\w*$/',
        f'/(?:{part}|zzz)/', f'/^(?=.*{part})[^_]+$/', f'/ {part} # spaces do not count/x',
        f'/\\b{head}/', f'/(?<!_){head}\\d*/', f'/^{escape(text).upper()}$/'])


def disguise(rng, text, how):
    """The text as a rule's author may write it under a fold: a look-alike for some letters."""
    if how == 'confusable':
        return ''.join(LOOKALIKES.get(c, c) if rng.random() < 0.4 else c for c in fold(text))
    if how == 'turkic':
        return ''.join(rng.choice('iıİI') if c in 'iI' else c for c in text)
    return text


def actor_of(handle):
    """Where the account is, in ActivityPub."""
    user, _, host = handle.partition('@')
    return f'https://{host or "m.example"}/users/{user}'


class Feeds:
    def __init__(self, rng, material):
        self.rng, self.m = rng, material
        self.top = {'groups': {'south_asia': ['IN', 'PK', 'BD', 'LK', 'NP'],
                               'nordic_and_eu': ['EU', 'NO', 'IS', 'south_asia']},
                    'lists': {}, 'orders': {}, 'rules': []}

    def tag_entries(self, n, how='none'):
        entries = []
        for tag in often(self.rng, self.m.tags, n):
            kind = self.rng.random()
            if kind < 0.5:
                literal = disguise(self.rng, tag, how)
                if literal[:1] in '/#' or set('*?\\') & set(literal):
                    continue
                entries.append(self.rng.choice(['#', '＃', '']) + literal)
            elif kind < 0.75:
                entries.append(glob_of(self.rng, disguise(self.rng, tag, how)).lstrip('/#'))
            else:
                entries.append(regex_of(self.rng, tag))
        return [e for e in entries if e.strip('#＃')] or ['*a*']

    def account_entries(self, n, handles):
        entries = []
        for _ in range(n):
            kind = self.rng.random()
            handle = often(self.rng, handles)[0]
            if kind < 0.45:
                entries.append(self.rng.choice(['@', '']) + handle)
            elif kind < 0.6:
                entries.append('id:' + often(self.rng, self.m.ids)[0] +
                               self.rng.choice(['', ' @' + handle]))
            elif kind < 0.64:
                entries.append(self.rng.choice(self.m.dids))
            elif kind < 0.67:
                entries.append('id:' + actor_of(handle))
            elif kind < 0.72:
                domain = handle.partition('@')[2] or self.rng.choice(hosts.NAMED)
                entries.append('domain:' + domain)
            elif kind < 0.9:
                entries.append(glob_of(self.rng, handle))
            else:
                entries.append(regex_of(self.rng, handle))
        return entries or ['@' + handles[0]]

    def selectors(self, how):
        rng, match = self.rng, {}
        kind = rng.random()
        if kind < 0.4:
            match['hashtags'] = self.tag_entries(rng.randint(1, 12), how)
        elif kind < 0.6:
            match['accounts'] = self.account_entries(rng.randint(3, 40), self.m.handles)
        elif kind < 0.75:
            match['mentions'] = self.account_entries(rng.randint(1, 10), self.m.mentions)
        elif kind < 0.85:
            match['langs'] = often(rng, self.m.langs, rng.randint(1, 3))
        elif kind < 0.9:
            match['sources'] = rng.sample(SOURCES, rng.randint(1, 2))
        else:
            match['posts'] = rng.sample(self.m.posts, 60)
        if rng.random() < 0.1:
            match['langs'] = often(rng, self.m.langs, 3)
        if rng.random() < 0.05:
            match['hashtags'] = ['*']
        for kind, entries in match.items():
            match[kind] = [e.split('-')[0] for e in entries if e != 'und'] or ['en'] \
                if kind == 'langs' else entries
            match[kind] = list(dict.fromkeys(match[kind]))
        return match

    def orders(self):
        rng = self.rng
        times = ['2020-06-01T00:00:00Z', '2021-01-31T18:30:00+05:30', '2021-02-01T06:59:59.999Z',
                 '2021-02-01T07:00:00Z', '2021-02-01T07:00:00.001Z', '2022-01-01T00:00:00-08:00']
        for i in range(24):
            order = {'kind': rng.choice(['emergency', 'legal_demand', 'court_order', 'policy'])}
            if rng.random() < 0.8 or order['kind'] == 'emergency':
                order['served'] = rng.choice(times[:4])
            later = times[max(2, times.index(order.get('served', times[0]))):]
            if rng.random() < 0.3:
                a, b, c, d = sorted(rng.sample(range(len(times)), 4))
                order['in_force'] = [{'from': times[a], 'until': times[b]},
                                     {'from': times[c], 'until': times[d]}]
                if rng.random() < 0.5:
                    del order['in_force'][1]['until']
                if rng.random() < 0.3:
                    del order['in_force'][0]['from']
            if rng.random() < 0.3 and order['kind'] == 'emergency':
                order['review_by'] = rng.choice(later)
                order['on_lapse'] = rng.choice(['lift', 'hold'])
            if rng.random() < 0.2 and order['kind'] == 'emergency':
                order['confirmed'] = rng.choice(later)
            if rng.random() < 0.15:
                order['revoked'] = rng.choice(times[2:])
            self.top['orders'][f'order-{i}'] = order

    def where(self, rule):
        rng = self.rng
        kind = rng.random()
        if kind < 0.3:
            rule['regions'] = ['XX']
            if rng.random() < 0.5:
                rule['except_regions'] = rng.sample(REGIONS, rng.randint(1, 3))
        elif kind < 0.85:
            rule['regions'] = rng.sample(REGIONS, rng.randint(1, 4))
        else:
            rule['regions'] = [rng.choice(GROUPS)]
            if rule['regions'][0] in ('EU', 'EEA', '150') and rng.random() < 0.5:
                rule['except_regions'] = rng.sample(['FR', 'DE', 'ES', 'IT', 'PL'], 2)
        if rule['action'] == 'allow' and rng.random() < 0.3:
            del rule['regions']
            rule.pop('except_regions', None)

    def rule(self, i):
        rng = self.rng
        rule = action(rng, {'id': f'r{i}'}, allow=0.2)
        how = rng.choice(['none'] * 4 + ['confusable', 'turkic'])
        if how != 'none':
            rule['fold'] = how
        self.where(rule)
        if rng.random() < 0.4:
            rule['order'] = f'order-{rng.randrange(24)}'
        if rng.random() < 0.4:
            rule['priority'] = rng.choice([-1000, -1, 0, 1, 5, 1000])
        if rng.random() < 0.2:
            rule['mode'] = rng.choice(['observe', 'observe', 'off'])
        if rng.random() < 0.2 and rule['action'] != 'allow':
            rule['rollout'] = rng.choice([0, 0.01, 12.5, 50, 99.99])
        if rng.random() < 0.1:
            rule['from'] = rng.choice(['2021-02-01T07:00:00Z', '2021-02-01T07:00:00.001Z'])
        if rng.random() < 0.1 and 'from' not in rule:
            rule['until'] = rng.choice(['2021-02-01T07:00:00Z', '2021-02-01T07:00:00.001Z'])
        if rule['action'] == 'allow' and rng.random() < 0.4:
            rule['against'] = sorted({f'order-{rng.randrange(24)}' for _ in range(6)})
        rule['match'] = self.selectors(how)
        if rng.random() < 0.25:
            rule['except'] = self.selectors(how)
        if rng.random() < 0.15 and 'accounts' in rule['match']:
            name = f'list-{i}'
            self.top['lists'][name] = {'accounts': rule['match'].pop('accounts')}
            rule['match'][rng.choice(['accounts', 'mentions'])] = [{'list': name}]
        return rule

    def fixed(self):
        """What must come up often whatever the seed."""
        popular, handles = self.m.tags[:300], self.m.handles
        plain = [t for t in popular if not set('*?\\/#') & set(t)]
        return [
            {'id': 'popular', 'regions': ['IN'], 'action': 'withhold', 'match': {'hashtags': plain}},
            {'id': 'popular-down', 'regions': ['XX'], 'except_regions': ['FR'], 'action': 'downrank',
             'factor': 0.5, 'surfaces': ['trends'], 'match': {'hashtags': plain[:150]}},
            {'id': 'popular-press', 'action': 'allow', 'regions': ['IN', 'GB'],
             'match': {'accounts': [f'@{h}' for h in handles[1::3]]}},
            {'id': 'excepted', 'regions': ['TR'], 'action': 'withhold', 'match': {'langs': ['en']},
             'except': {'hashtags': ['/[aeiou]/']}},
            {'id': 'held', 'regions': ['TR'], 'rollout': 33.33, 'action': 'downrank',
             'match': {'langs': ['en', 'hi', 'fr']}},
            {'id': 'watched', 'regions': ['US'], 'mode': 'observe', 'action': 'withhold',
             'match': {'sources': ['tweet', 'bluesky', 'mastodon'], 'accounts': ['*e*', '*@*o*']}},
            {'id': 'servers', 'regions': ['FR'], 'action': 'withhold',
             'match': {'accounts': [f'domain:{d}' for d in hosts.NAMED[::2]]}},
            {'id': 'servers-mentioned', 'regions': ['GB'], 'action': 'withhold',
             'match': {'mentions': [f'domain:{d}' for d in hosts.NAMED]}},
            {'id': 'off', 'regions': ['US'], 'mode': 'off', 'action': 'withhold',
             'match': {'langs': ['en']}},
        ]

    def limits(self):
        return [{'id': 'limit-skip', 'regions': ['US'], 'action': 'withhold',
                 'match': {'hashtags': LIMITS[:1]}},
                {'id': 'limit-match', 'regions': ['JP'], 'on_limit': 'match', 'action': 'withhold',
                 'match': {'hashtags': LIMITS[1:]}},
                {'id': 'limit-except', 'regions': ['BR'], 'action': 'downrank',
                 'match': {'langs': ['en']}, 'except': {'hashtags': LIMITS}}]

    def make(self, count, with_limits):
        self.orders()
        rules = self.fixed() + [self.rule(i) for i in range(count)]
        if with_limits:
            rules += self.limits()
        self.rng.shuffle(rules)
        self.top['rules'] = rules
        return self.top


def feeds_rules(rng, data, out, count, with_limits):
    material = Material(data)
    top = Feeds(rng, material).make(count, with_limits)
    half = len(top['rules']) // 2
    write_rules(out / '1-first.yaml', {**top, 'rules': top['rules'][:half]})
    write_rules(out / '2-second.yaml', {'rules': top['rules'][half:]})
    with open(out / 'handles.csv', 'w', encoding='utf-8') as f:
        f.write('did,handle\n')
        for i, did in enumerate(material.dids):
            if i % 2:
                f.write(f'{did},User{i}.{rng.choice(["bsky.social", "Example.org"])}\n')
        known = sorted({h.lower() for h in material.handles[:800] if h.isascii()})
        for i, handle in enumerate(known[::7]):
            f.write(f'{actor_of(handle)},{material.handles[i]}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--kind', choices=['lists', 'feeds'], required=True)
    parser.add_argument('--data', default='../shared/data')
    parser.add_argument('--out', required=True)
    parser.add_argument('--rules', type=int, default=120, help='of feeds: rules made by chance')
    parser.add_argument('--skip-bad-pattern', action='store_true')
    parser.add_argument('--limits', action='store_true')
    options = parser.parse_args()
    rng = random.Random(options.seed)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    if options.kind == 'lists':
        lists_rules(rng, options.data, out, options.skip_bad_pattern)
    else:
        feeds_rules(rng, options.data, out, options.rules, options.limits)
    return 0


if __name__ == '__main__':
    sys.exit(main())
