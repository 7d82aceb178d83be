"""Made-up material, rules and posts for many.py: nothing of it is from a real feed.

Rules are those of make_rules.py (orders, folds, regions, exemptions, exceptions, rollouts, lists),
over made-up tags and handles, with patterns added that the feeds' own rarely give: look-around,
classes, alternatives, atomic groups, back references, and such as have no literal at all. Posts are
of the own dialect and put together from pieces made beforehand, since millions are wanted.
"""
import json

import gen_posts
import make_rules

SYLLABLES = ['far', 'mer', 'ki', 'san', 'ek', 'ta', 'vo', 'te', 'ist', 'an', 'bul', 'pay', 'pal',
             'wei', 'str', 'eam', 'no', 'on', 'aa', 'ab', 'xi', 'ill', 'l0', 'ir']
FOREIGN = ['किसान', 'आंदोलन', '日本', '東京', 'дтп', 'вибори', 'ελλάδα', 'café', 'straße', 'ırmak',
           'İzmir', 'direniş', 'العربية', '한국', 'ñandú', 'ﬁre', 'ＦＡＲＭ', 'გამა', '𝒽at', 'ǅ']
DOMAINS = ['example.org', 'news.example', 'Sub.Example.com', 'm.example']
LANGS = ['en', 'hi', 'tr', 'id', 'he', 'pt', 'fr', 'de', 'ja', 'und']


class Material:
    """As material.py's: distinct values, those that come up most in front."""

    def __init__(self, rng, ntags=500):
        self.rng = rng
        self.stem = self.word(4) + rng.choice(FOREIGN + [''] * 20)
        self.tags = self.distinct(ntags, self.tag)
        self.handles = self.distinct(200, self.handle)
        self.mentions = self.distinct(100, self.handle)
        self.ids = self.distinct(200, lambda: str(rng.randrange(10 ** rng.randint(1, 18))))
        self.posts = self.distinct(300, lambda: str(rng.randrange(10 ** 15)))
        self.dids = self.distinct(40, lambda: 'did:plc:' + self.word(3))
        self.langs = list(LANGS)

    @staticmethod
    def distinct(n, make):
        found = {}
        while len(found) < n:
            found[make()] = None
        return list(found)

    def word(self, most):
        return ''.join(self.rng.choice(SYLLABLES) for _ in range(self.rng.randint(1, most)))

    def tag(self):
        """Many begin or end in the same way, as those of one campaign do."""
        rng = self.rng
        if rng.random() < 0.1:
            return self.stem + self.word(2)
        if rng.random() < 0.05:
            return self.word(1) + self.stem
        tag = rng.choice(FOREIGN) if rng.random() < 0.2 else self.word(3)
        if rng.random() < 0.3:
            tag += rng.choice(['', '_']) + (rng.choice(FOREIGN) if rng.random() < 0.2 else self.word(2))
        if rng.random() < 0.3:
            tag += str(rng.randrange(10 ** rng.randint(1, 4)))
        return tag

    def handle(self):
        handle = self.word(3) + self.rng.choice(['', '_', str(self.rng.randrange(100))])
        return handle + ('@' + self.rng.choice(DOMAINS) if self.rng.random() < 0.3 else '')


# Patterns ---------------------------------------------------------------------------------------

# Without a literal of three letters; some are tried on everything.
FACTORLESS = ['/^.{%d}$/', '/\\d{%d}/', '/[aeiou]{%d}/', '/(?<!\\d)\\d{%d}$/', '/^\\w{%d}[a-m]/',
              '/[^\\x00-\\x7f]{%d}/', '/(\\w)\\1{%d}/', '/\\p{Lu}|\\p{Greek}{%d}/', '/^(?!.*[aeiou]{%d})/',
              '/\\b[b-d]\\w{%d}\\b/', '/i.{%d}n/', '/^(?:[^_]{%d})+$/']


def piece(rng, text):
    """A part of a regex that matches this part of a tag."""
    quoted = make_rules.escape(text)
    first, rest = make_rules.escape(text[0]), make_rules.escape(text[1:])
    return rng.choice([
        quoted, quoted, quoted, quoted.upper(), f'(?:{quoted})?', f'(?:{quoted}|zz)',
        f'(?:xy|{quoted}|{first})', f'[{first}0-9]{rest}', f'[^_{first}]?{quoted}', f'{first}+{rest}',
        f'{first}{{1,3}}{rest}', f'(?>{quoted})', f'({quoted})\\1?', '.' * len(text),
        f'\\w{{{len(text)}}}', f'(?={first}){quoted}', f'(?!_){quoted}', f'(?<!q){quoted}',
        f'{quoted}(?<={quoted})', f'{quoted}++', f'\\b{quoted}', f'{quoted}\\B', f'{quoted}.*?',
        f'(?i:{quoted})', f'[\\p{{L}}\\d_]{rest}', f'(?#note){quoted}', f'{quoted}|{first}{{9}}'])


def pattern(rng, tag):
    """A regex or glob that matches the tag, mostly."""
    if rng.random() < 0.15:
        return rng.choice(FACTORLESS) % rng.randint(1, 7)
    text = make_rules.fold(tag)
    if rng.random() < 0.15:
        return ''.join(rng.choice('*?' + c * 6) for c in text.replace('\\', '')) or '*'
    cuts = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, rng.randint(0, 3))))
    parts = [text[a:b] for a, b in zip([0] + cuts, cuts + [len(text)])]
    start, end = rng.choice(['', '', '^']), rng.choice(['', '', '$'])
    if len(parts) > 1 and rng.random() < 0.3:
        parts[rng.choice([0, -1])] = ''
    body = ''.join(piece(rng, p) for p in parts if p)
    return f'/{start}{body}{end}/{rng.choice(["", "", "", "x"])}'


class Rules(make_rules.Feeds):
    """make_rules.py's, with half of the hashtags' entries patterns from here.

    Small sets hold in few regions and seldom match everything: the oracle decides each region by
    itself, by a loop over all rules, and is to do it ten million times. Large ones are as made there.
    """

    def __init__(self, rng, material, large):
        super().__init__(rng, material)
        self.large = large
        self.regions = ['IN', 'FR', 'GB', 'TR', 'US', rng.choice(['DE', 'BR', 'JP', 'PK'])]

    def tag_entries(self, n, how='none'):
        entries = super().tag_entries(n, how)
        for i, tag in enumerate(make_rules.often(self.rng, self.m.tags, len(entries))):
            if self.rng.random() < 0.5:
                entries[i] = pattern(self.rng, make_rules.disguise(self.rng, tag, how))
        return entries

    def fixed(self):
        """Less of what many posts are about, so that not nearly all of them are acted on."""
        rules = super().fixed()
        for rule in rules[:3]:
            for kind, entries in rule['match'].items():
                rule['match'][kind] = entries[::5]
        return rules

    def selectors(self, how):
        match = super().selectors(how)
        if not self.large and (match.get('hashtags') == ['*'] or 'sources' in match or
                               'langs' in match) and self.rng.random() < 0.8:
            match = {'hashtags': self.tag_entries(self.rng.randint(1, 6), how)}
        return match

    def where(self, rule):
        super().where(rule)
        if self.large:
            return
        for key in ('regions', 'except_regions'):
            if key in rule and rule[key] != ['XX']:
                rule[key] = self.rng.sample(self.regions, min(len(rule[key]), 3))
        if rule.get('regions') != ['XX']:
            rule.pop('except_regions', None)


# Posts ------------------------------------------------------------------------------------------

class OwnPosts:
    """Lines of the own dialect. Tags come near the rules': those they were made from, in disguise,
    and with a character changed."""

    def __init__(self, rng, material):
        self.rng, self.posts = rng, gen_posts.Posts(rng, material)
        self.material, self.next_id = material, 10 ** 15
        tags = [self.near(t) for t in self.drawn(6000)]
        self.tags = [self.json(t) for t in tags]
        self.authors = [self.json(self.posts.own_account()) for _ in range(600)]
        self.langs = [self.json(x) for x in gen_posts.LANGS + LANGS + [['en', 'hi'], []]]
        self.times = [self.json(x) for x in gen_posts.BOUNDS]

    def drawn(self, n):
        return make_rules.often(self.rng, self.material.tags, n)

    def json(self, value):
        return json.dumps(value, ensure_ascii=self.rng.random() < 0.2, separators=(',', ':'))

    def near(self, tag):
        rng, kind = self.rng, self.rng.random()
        if kind < 0.25:
            return tag
        if kind < 0.4:
            return self.posts.odd(tag)
        if kind < 0.7:
            return self.material.tag()
        at = rng.randrange(len(tag))
        return tag[:at] + rng.choice(['', rng.choice('abeiorst0179_'), tag[at] * 2]) + tag[at + 1:]

    def post(self, depth):
        rng, few = self.rng, self.rng.random()
        self.next_id += 1
        known = rng.random() < 0.1
        parts = ['{"id":"', rng.choice(self.material.posts) if known else str(self.next_id),
                 '","author":', rng.choice(self.authors)]
        ntags = int(few * 5) if few < 0.98 else 30
        parts += [',"hashtags":[', ','.join(rng.choices(self.tags, k=ntags)), ']']
        if few < 0.3:
            parts += [',"mentions":[', rng.choice(self.authors), ']']
        if rng.random() < 0.5:
            parts += [',"lang":', rng.choice(self.langs)]
        if rng.random() < 0.7:
            parts += [',"created_at":', rng.choice(self.times)]
        if depth < 3:
            inside = rng.random()
            if inside < 0.2:
                parts += [',"repost_of":', self.post(depth + 1)]
            if 0.1 < inside < 0.25:
                parts += [',"quotes":', self.post(depth + 1)]
        parts.append('}')
        return ''.join(parts)

    def line(self):
        return self.post(0)
