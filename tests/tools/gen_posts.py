#!/usr/bin/env python3
"""Make synthetic posts of every dialect, the same ones for the same seed, one JSON value a line.

    gen_posts.py --seed 1 --count 2000 [--data ../shared/data] > feed.ndjson

What real feeds hold too little of: tags written with look-alikes, wide letters and invisible
characters; addresses whose host is spelled otherwise, encoded, wide, with ports and users about it;
reposts and quotes nested three deep, one more than is followed; queries, pages, ids as numbers,
absent and null fields, text without structured tags, bad lines. With --data tags, handles
and ids come from the real feeds, so that rules made by make_rules.py meet them. Everything that the
contract leaves open is kept out, so that each difference is one to look into.
"""
import argparse
import json
import pathlib
import random
import sys

import documents
import hosts
from material import Material

TAGS = ['farmers', 'KisanProtest', 'istanbul', 'direniş', 'paypal', 'café', '日本語', 'straße', 'ДТП',
        'ﬁre', 'x', 'covid19', 'გამარჯობა', 'ⅷ', 'Ω', 'हिन्दी', 'العربية', 'l0ve', 'modi_planning',
        '𝒽ashtag', 'ǅ', 'ñandú', 'i̇stanbul', '𠀡', '👍', 'a-b', 'ﾊｯｼｭﾀｸﾞ']
HANDLES = ['alice', 'Bob_1', 'news@example.org', 'x@Sub.Example.com', 'KISAN', 'münchen@exämple.de']
LANGS = ['en', 'hi', 'in', 'iw', 'und', 'pt-BR', 'TR', 'ji', 'id', 'zh-Hans']
REGIONS = ['IN', 'FR', 'XX', 'UK', 'US', 'TR', 'JP', 'ZW', 'XK']
BOUNDS = ['2021-02-01T07:00:00Z', '2021-02-01T12:30:00+05:30', '2020-12-31T23:59:59.999999-00:30',
          '2024-02-29T00:00:00.5Z', '1969-12-31T23:59:59.001Z', 'yesterday', '2021-02-30T00:00:00Z']


class Posts(documents.Documents):
    def __init__(self, rng, material):
        self.rng = rng
        self.tags = TAGS + (material.tags[:1500] if material else [])
        self.handles = HANDLES + (material.handles[:800] if material else [])
        self.ids = ['1', '12', 'did:plc:abc'] + (material.ids[:500] if material else [])
        self.posts = ['5', '77'] + (material.posts[:800] if material else [])
        self.dids = ['did:plc:abc', 'did:plc:xyz'] + (material.dids if material else [])
        self.next_id = 10 ** 15

    # Values -------------------------------------------------------------------------------------

    def maybe(self, share):
        return self.rng.random() < share

    def odd(self, text):
        """The same tag to an engine that folds, mostly."""
        rng, kind = self.rng, self.rng.randrange(12)
        if kind == 0:
            return text.upper()
        if kind == 1:
            return ''.join(chr(ord(c) + 0xFEE0) if '!' <= c <= '~' else c for c in text)
        if kind == 2:
            at = rng.randrange(len(text) + 1)
            return text[:at] + rng.choice('\u200b\u200d\u00ad\ufe0f\u2060\u034f') + text[at:]
        if kind == 3:
            return ''.join({'a': 'а', 'e': 'е', 'o': 'ο', 'l': '1', 'I': 'l', 'p': 'р'}.get(c, c)
                           for c in text)
        if kind == 4:
            return ''.join(rng.choice('iıİI') if c in 'iI' else c for c in text)
        if kind == 5:
            return rng.choice(['#', '＃', '##', ' ']) + text
        if kind == 6:
            return text + rng.choice(['\u0301', '\u0307', '\u0327', '\U0001f3ff', 'ﬀ', 'İ', 'ẞ', '\t', '\u0000'])
        if kind == 7:
            return rng.choice(['', '#', '＃', '\u200b', '\ufe0f\ufe0f', '"\\\n\u001f\u007f'])
        return text

    def tag(self):
        return self.odd(self.tags[int(len(self.tags) * self.rng.random() ** 2)])

    def tag_list(self):
        if self.maybe(0.001):
            return [f'{self.tag()}{i}' for i in range(1100)]
        return [self.tag() for _ in range(self.rng.choice([0, 1, 1, 2, 3, 8]))]

    def handle(self):
        handle = self.rng.choice(self.handles)
        return self.rng.choice([handle, handle, handle.upper(), handle.lower()])

    def new_id(self, number=True):
        if self.maybe(0.3):
            text = self.rng.choice(self.posts)
        else:
            self.next_id += 1
            text = str(self.next_id)
        return int(text) if number and self.maybe(0.3) and text.isdigit() else text

    def url(self):
        """A link to what stands behind a `#`, which is a tag only where its host is none."""
        rng = self.rng
        host = hosts.written(rng, hosts.any_host(rng), 0.6)
        before = rng.choice(['', '', '', '(', 'x-', '日', 'é', '/', '\u202a', '\ufeff'])
        return before + rng.choice(['https://'] * 4 + ['http://', 'HTTPS://', '']) + host + \
            rng.choice(['/#', '/a/#', '/a#', '?q=#', '?#', '/@alice/#', '#']) + rng.choice(TAGS)

    def text(self):
        """Words, tags, mentions and links."""
        words = []
        for _ in range(self.rng.randrange(8)):
            kind = self.rng.randrange(7)
            plain = self.rng.choice(TAGS)
            words.append(['word', '…', self.rng.choice(['#', '＃']) + plain,
                          '@' + self.rng.choice(['alice', 'Bob_1', 'KISAN']),
                          self.rng.choice(['a#', '&#', '(#', '.@', 'RT @', '#_', '日#']) + plain,
                          self.rng.choice(['#1234', '#', '##x', '#a#b', '@', '#x\ufe0f', '✌️#y']),
                          self.url()][kind])
        return self.rng.choice([' ', ' ', '\n', ', ']).join(words) + self.rng.choice(['', '', '…'])

    def put(self, target, key, value, absent=0.1):
        """Now and then the key is absent or null."""
        if not self.maybe(absent):
            target[key] = value
        elif self.maybe(0.3):
            target[key] = None

    def languages(self):
        return self.rng.sample(LANGS, self.rng.randrange(3))

    def created(self):
        return self.rng.choice(BOUNDS)

    # Dialects -----------------------------------------------------------------------------------

    def own_account(self):
        kind = self.rng.randrange(7)
        if kind == 0:
            return {'id': self.rng.choice(self.ids), 'handle': self.rng.choice(['@', '']) + self.handle()}
        if kind == 1:
            return {'id': 123456789012345}
        if kind == 2:
            return {'handle': self.handle()}
        if kind == 3:
            return 'id:' + self.rng.choice(self.ids[:2] + self.ids[3:])
        if kind == 4:
            return self.rng.choice(self.dids)
        if kind == 5:
            return {'id': self.actor(), 'handle': self.handle()}
        return self.rng.choice(['@', '']) + self.handle()

    def own(self, depth=0):
        post = {'id': self.new_id()}
        if depth == 0 or self.maybe(0.9):
            post['author'] = self.own_account()
        self.put(post, 'hashtags', self.tag_list(), 0.3)
        self.put(post, 'mentions', [self.own_account() for _ in range(self.rng.randrange(3))], 0.3)
        self.put(post, 'text', self.text(), 0.3)
        self.put(post, 'lang', self.rng.choice(LANGS + [['en', 'hi'], []]), 0.4)
        self.put(post, 'created_at', self.created(), 0.2)
        if depth < 3:
            for key in ('repost_of', 'quotes'):
                if self.maybe(0.25):
                    post[key] = self.own(depth + 1) if self.maybe(0.8) else self.new_id()
        return post

    def v1(self, depth=0):
        user = {'screen_name': self.handle().split('@')[0]}
        self.put(user, 'id_str', self.rng.choice(self.ids))
        post = {'id_str': str(self.new_id(False)), 'user': user}
        entities = {}
        self.put(entities, 'hashtags', [{'text': t} for t in self.tag_list()])
        self.put(entities, 'user_mentions', [{'id_str': self.rng.choice(self.ids), 'screen_name': 'KISAN'}])
        self.put(post, 'entities', entities, 0.3)
        self.put(post, self.rng.choice(['text', 'full_text']), self.text())
        self.put(post, 'lang', self.rng.choice(LANGS))
        if self.maybe(0.2):
            post['truncated'] = True
            post['extended_tweet'] = {'full_text': self.text(),
                                      'entities': {'hashtags': [{'text': self.tag()}], 'user_mentions': []}}
        self.put(post, 'created_at', self.rng.choice(
            ['Sun Aug 31 00:29:13 +0000 2014', 'Mon Feb 01 12:30:00 +0530 2021',
             '2017-11-01 20:44:10 +0000', '2021-02-01T07:00:00Z']))
        if depth < 3:
            for key in ('retweeted_status', 'quoted_status'):
                if self.maybe(0.25):
                    post[key] = self.v1(depth + 1)
        return post

    def v2(self, refs=()):
        post = {'id': str(self.new_id(False)), 'author_id': self.rng.choice(self.ids)}
        entities = {}
        self.put(entities, 'hashtags', [{'tag': t} for t in self.tag_list()])
        self.put(entities, 'mentions', [{'username': 'Bob_1'}, {'username': 'x', 'id': '12'}])
        self.put(post, 'entities', entities, 0.3)
        self.put(post, 'text', self.text())
        self.put(post, 'lang', self.rng.choice(LANGS))
        self.put(post, 'created_at', self.created())
        types = ['retweeted', 'quoted', 'replied_to']
        if refs:
            self.rng.shuffle(types)
            post['referenced_tweets'] = [{'type': types[i], 'id': r} for i, r in enumerate(refs[:2])]
        return post

    def v2_line(self):
        if self.maybe(0.4):
            post = self.v2([self.rng.choice(self.posts)] if self.maybe(0.5) else ())
            post['author'] = {'username': self.handle().split('@')[0]}
            return post
        tweets = []
        for _ in range(self.rng.randrange(5)):
            tweets.append(self.v2([t['id'] for t in self.rng.sample(tweets, min(2, len(tweets)))]))
        users = {t['author_id'] for t in tweets}
        data = []
        for _ in range(self.rng.randrange(4)):
            known = tweets + data
            data.append(self.v2([t['id'] for t in self.rng.sample(known, min(2, len(known)))]))
        page = {'data': data if self.maybe(0.7) or not data else data[0], 'includes': {
            'users': [{'id': u, 'username': f'user_{u[-4:]}'} for u in sorted(users)],
            'tweets': tweets}, 'meta': {'result_count': len(data)}}
        if self.maybe(0.1):
            del page['includes']
        return page

    def mastodon(self, depth=0):
        account = {'acct': self.handle()}
        self.put(account, 'id', str(self.rng.choice(self.ids)))
        tags = ''.join(f'<a href="{self.address("m.example", "/tags/#x")}" class="mention hashtag">'
                       f'#<span>{t}</span></a> ' for t in self.rng.sample(TAGS[:6], 2))
        post = {'id': str(self.new_id(False)), 'account': account,
                'content': f'<p>Hi &amp; <b>bye</b><br />{tags}</p><p>RT @alice {self.url()}</p>'}
        self.put(post, 'spoiler_text', self.rng.choice(['', 'about #covid19', 'a @KISAN b']))
        self.put(post, 'tags', [{'name': t} for t in self.tag_list()], 0.3)
        self.put(post, 'mentions', [{'id': '12', 'acct': self.handle()}], 0.3)
        self.put(post, 'language', self.rng.choice(LANGS))
        self.put(post, 'created_at', self.created())
        if depth < 3:
            if self.maybe(0.25):
                post['reblog'] = self.mastodon(depth + 1)
            if self.maybe(0.25):
                quote = self.mastodon(depth + 1)
                post['quote'] = self.rng.choice([quote, {'state': 'accepted', 'quoted_status': quote},
                                                 {'state': 'pending', 'quoted_status': None},
                                                 {'state': 'accepted', 'quoted_status_id': '77'}])
        return post

    def bluesky(self):
        rng, did = self.rng, self.rng.choice(self.dids)
        uri = f'at://{rng.choice(self.dids)}/app.bsky.feed.post/{rng.randrange(100)}'
        record = {'text': self.text(), 'createdAt': self.created()}
        kind = rng.choice(['post'] * 6 + ['repost', 'like', 'delete', 'identity'])
        if kind == 'identity':
            return {'did': did, 'time_us': 1, 'kind': 'identity', 'identity': {'did': did}}
        features = [{'$type': 'app.bsky.richtext.facet#tag', 'tag': t} for t in self.tag_list()[:8]]
        features.append({'$type': 'app.bsky.richtext.facet#mention', 'did': rng.choice(self.dids)})
        features.append({'$type': 'app.bsky.richtext.facet#link', 'uri': self.url()})
        rng.shuffle(features)
        self.put(record, 'facets', [{'index': {'byteStart': 0, 'byteEnd': 1}, 'features': [f]}
                                    for f in features], 0.2)
        self.put(record, 'tags', self.tag_list()[:8], 0.5)
        self.put(record, 'langs', rng.sample(LANGS, 2), 0.3)
        if self.maybe(0.2):
            record['embed'] = {'$type': 'app.bsky.embed.record', 'record': {'uri': uri, 'cid': 'b'}}
        collection = 'app.bsky.feed.' + (kind if kind in ('repost', 'like') else 'post')
        if collection != 'app.bsky.feed.post':
            record = {'subject': {'uri': uri, 'cid': 'b'}, 'createdAt': self.created()}
        event = {'did': did, 'kind': 'commit', 'commit': {
            'operation': 'delete' if kind == 'delete' else rng.choice(['create', 'create', 'update']),
            'collection': collection, 'rkey': str(rng.randrange(100)), 'record': record}}
        self.put(event, 'time_us', 1612162800000000 + rng.randrange(10 ** 6), 0.3)
        return event

    def query(self):
        query = {}
        if self.maybe(0.6):
            query['hashtag'] = self.tag() or 'x'
        else:
            query['account'] = self.rng.choice(['@' + self.handle(), self.handle(),
                                                'id:' + self.rng.choice(self.ids[:2]), self.dids[0]])
        if self.maybe(0.6):
            query['region'] = self.rng.choice(REGIONS)
        if self.maybe(0.3):
            query['at'] = self.rng.choice(BOUNDS[:5])
        items = list(query.items())
        self.rng.shuffle(items)
        return {'query': dict(items)}

    def line(self):
        kind = self.rng.randrange(100)
        if kind < 2:
            return self.rng.choice(['', '  ', '{', '[1]', 'null', '"x"', '{}', '{"id":"1"}', '{"a":1} x',
                                    '{"id":"1","author":"@z","id":"2"}', '{"author":"@z"}',
                                    '{"id":{},"author":"@z"}', '{"id":"1","author":[]}',
                                    '{"id":"1","author":"@z","hashtags":["a",null]}',
                                    '{"id":"1","author":"@z","hashtags":["a\\ud800b","\\udc00"]}',
                                    '{"delete":{"status":{"id":1}}}', '{"limit":{"track":5}}',
                                    '{"query":{"hashtag":"a","account":"b"}}', '{"query":{}}',
                                    '{"query":{"hashtag":"a","region":"IND"}}', '{"query":5}',
                                    '{"query":{"hashtag":"#"}}', '{"query":{"hashtag":"\\u200b"}}',
                                    '{"query":{"account":"id:"}}', '{"query":{"account":"did:plc"}}',
                                    '{"query":{"account":"x.com/x"}}', '{"query":{"account":"#x"}}',
                                    '{"query":{"account":"x y"}}',
                                    '{"id":"1","author":"@z","repost_of":{"author":"@y"}}'])
        make = [self.own, self.own, self.v1, self.v2_line, self.mastodon, self.bluesky,
                self.activitypub, self.activitypub, self.query][kind % 9]
        text = json.dumps(make(), ensure_ascii=self.maybe(0.3), separators=(',', ':'))
        return self.spoilt(text) if make == self.activitypub and self.maybe(0.02) else text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--data')
    options = parser.parse_args()
    material = Material(options.data) if options.data and pathlib.Path(options.data).exists() else None
    posts = Posts(random.Random(options.seed), material)
    out = sys.stdout.buffer
    for _ in range(options.count):
        line = posts.line().encode('utf-8')
        out.write(line + posts.rng.choice([b'\n', b'\n', b'\n', b'\r\n']))
    return 0


if __name__ == '__main__':
    sys.exit(main())
