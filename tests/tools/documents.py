"""Made-up documents of ActivityPub, well formed and not, for gen_posts.py.

What is read of them, engine/post/README.md says. Each value now and then takes another of the forms
that JSON-LD allows, or one that nothing allows; and each host one of its spellings (hosts.py).
"""
import hosts

CONTEXTS = ['https://www.w3.org/ns/activitystreams', ['x', {'toot': 'y'}], {}]
PATHS = ['/users/'] * 6 + ['/@'] * 3 + ['/ap/users/', '/u/', '/', '', '?', '#', '/users/a/']
SCHEMES = ['https://'] * 9 + ['http://', 'HTTPS://', 'ap://', 'https:/']
RELS = ['https://misskey-hub.net/ns#_misskey_quote', ['x', 'https://w3id.org/fep/044f#quote'],
        'https://www.w3.org/ns/activitystreams#quoteUrl', 'nofollow', 'as:quoteUrl', 5]
# Keys of other dialects, which a document may bring too.
FOREIGN = [{'author': '@alice'}, {'query': {'hashtag': 'x'}}, {'author_id': '5'}, {'tags': 5},
           {'account': {'acct': 'x'}}, {'user': {'screen_name': 'x'}}, {'data': []},
           {'did': 'did:plc:abc', 'kind': 'commit'}]


class Documents:
    """With what gen_posts.Posts has."""

    # Accounts -----------------------------------------------------------------------------------

    def address(self, host, path):
        return self.rng.choice(SCHEMES) + hosts.written(self.rng, host) + path

    def actor(self):
        """The address of an account, mostly one that tells its handle."""
        user, _, host = self.rng.choice(self.handles).partition('@')
        if self.maybe(0.1):
            return self.rng.choice(self.ids + ['', 'tag:example.com,2011:x', 'acct:a@b.example'])
        return self.address(host or hosts.any_host(self.rng), self.rng.choice(PATHS) + user)

    def link(self, number):
        """The address of a post, whose spelling is all that makes it another."""
        return self.address(self.rng.choice(['m.example', 'q.example']), f'/notes/{number}')

    def who(self):
        uri, kind = self.actor(), self.rng.randrange(12)
        if kind == 0:
            name = self.rng.choice(['alice', '@x', '', 'a@b.example'])
            return {'type': 'Person', 'id': uri, 'preferredUsername': name}
        if kind == 1:
            return [uri, self.actor()]
        if kind == 2:
            return self.rng.choice([{'type': 'Person', 'name': 'A'}, {'id': uri}, {'id': 5}, [], {},
                                    None, [{'id': uri, 'type': 'Group'}], [7], 5, [None],
                                    {'id': uri, 'preferredUsername': 1}])
        return uri

    # Forms --------------------------------------------------------------------------------------

    def typed(self, *names):
        name = self.rng.choice(names)
        if self.maybe(0.94):
            return name
        return self.rng.choice([[name], [name, 'Other'], ['Like', name], ['Other', name, 'Note'], [],
                                None, 5, [1], name.lower(), 'as:' + name,
                                'https://www.w3.org/ns/activitystreams#' + name])

    def several(self, value):
        return self.rng.choice([value] * 12 + [[value], [value, value]])

    # Notes --------------------------------------------------------------------------------------

    def mention(self):
        handle = self.handle()
        user, _, host = handle.partition('@')
        names = ['@' + handle, '@' + user, handle, '@a b', None, '', '@', '@@x',
                 f'@{user}@{hosts.written(self.rng, host or "m.example", 1)}']
        return {'type': self.typed('Mention'), 'href': self.actor(), 'name': self.rng.choice(names)}

    def ap_tag(self):
        rng, kind = self.rng, self.rng.randrange(14)
        if kind < 5:
            return {'type': self.typed('Hashtag'), 'href': self.address('m.example', '/tags/x'),
                    'name': '#' + self.tag()}
        if kind < 9:
            return self.mention()
        link = {'type': 'Link', 'href': rng.choice(['', self.link(6), None, 6]),
                'rel': rng.choice(RELS)}
        if self.maybe(0.03):
            return rng.choice([None, {'type': 'Hashtag', 'name': 5}, 5])
        return rng.choice([link, {'type': 'Link', 'href': 'https://q.example/5'}, {'type': 'Hashtag'},
                           {'name': '#' + self.tag()}, {'name': self.tag()}, {},
                           'https://m.example/tags/x', {'type': 'Emoji', 'name': ':x:'},
                           {'type': 'Mention', 'name': '@alice'}, {'type': 'Tag', 'name': 'foo'},
                           {'type': 'Hashtag', 'name': self.tag()}])

    def html(self, word):
        return f'<p>{self.text()} &amp; <b>bye</b><br>#<span>{word}</span></p>'

    def put_text(self, note, key, text):
        """As it is, by languages, both, or neither."""
        kind, by_language = self.rng.randrange(8), key + 'Map'
        if kind < 4:
            note[key] = text
        if kind in (3, 4, 5):
            note[by_language] = {lang: text for lang in self.languages()}
        if kind == 6:
            note[key] = self.rng.choice([None, ''])
            note[by_language] = {'pt': text, 'e"\n': self.text()}
        if kind == 7 and self.maybe(0.1):
            note[by_language] = self.rng.choice([[], 5, {'en': 5}, 'x', {'en': None}, {}])

    def put_quote(self, note, depth):
        if depth < 3 and self.maybe(0.3):
            note['quote'] = self.several(self.rng.choice(
                [self.note(depth + 1), self.rng.choice(self.posts), self.link(1), '',
                 {'id': self.link(2)}, {'type': 'Like', 'id': 3}, {'type': 'Note'}]))
        for key in ('_misskey_quote', 'quoteUrl', 'quoteUri'):
            if self.maybe(0.06):
                note[key] = self.rng.choice([self.link(key), self.rng.choice(self.posts),
                                             '', None])

    def note(self, depth=0):
        rng = self.rng
        note = {'type': self.typed('Note', 'Note', 'Note', 'Article', 'Question', 'Page', 'Event')}
        self.put(note, 'id', rng.choice(self.posts) if self.maybe(0.3)
                 else self.link(rng.randrange(50)), 0.02)
        self.put(note, 'attributedTo', self.who())
        if self.maybe(0.1):
            note['actor'] = self.who()
        self.put(note, 'published', self.created())
        tags = [self.ap_tag() for _ in range(rng.randrange(5))]
        self.put(note, 'tag', self.ap_tag() if self.maybe(0.1) else tags, 0.4)
        self.put_text(note, 'content', self.html(rng.choice(['istanbul', 'paypal', 'farmers'])))
        if self.maybe(0.3):
            self.put_text(note, 'summary', 'about #covid19 <i>@KISAN</i>')
        if self.maybe(0.3):
            self.put_text(note, 'name', 'a &lt;b #farmers @alice')
        self.put_quote(note, depth)
        return note

    # Activities ---------------------------------------------------------------------------------

    def written(self, what):
        activity = {'type': self.typed('Create', 'Create', 'Update'), 'id': 'https://m.example/a'}
        self.put(activity, 'actor', self.who())
        self.put(activity, 'published', self.created())
        self.put(activity, 'object', self.several(what), 0.02)
        return activity

    def announce(self, depth=0):
        rng = self.rng
        repost = {'type': self.typed('Announce'), 'id': f'https://m.example/b/{rng.randrange(50)}'}
        self.put(repost, 'actor', self.who())
        self.put(repost, 'published', self.created())
        what = [self.note(depth + 1), self.written(self.note(depth + 1)), rng.choice(self.posts),
                self.written(rng.choice(self.posts)), self.written({'type': 'Person'}),
                {'type': 'Like', 'object': 'x'}, {'id': 'https://x.example/1'},
                {'type': 'Strange', 'id': 'https://x.example/2'}, {'type': 'Strange'}]
        if depth < 3:
            what += [self.announce(depth + 1)] * 4
        self.put(repost, 'object', self.several(rng.choice(what)), 0.02)
        return repost

    def no_post(self):
        return {'type': self.typed('Like', 'Undo', 'Delete', 'Follow', 'Person', 'OrderedCollection',
                                   'Add', 'Strange'),
                'actor': self.who(), 'object': self.note(3)}

    def activitypub(self):
        rng, kind = self.rng, self.rng.randrange(20)
        if kind < 5:
            document = self.note()
        elif kind < 9:
            document = self.announce()
        elif kind == 9:
            document = self.no_post()
        elif kind < 16:
            document = self.written(self.note())
        else:
            document = self.written(rng.choice([rng.choice(self.posts), {}, self.no_post(), 'x',
                                                {'id': 'https://x.example/3'}, self.announce(2)]))
        if self.maybe(0.8):
            document['@context'] = rng.choice(CONTEXTS)
        if self.maybe(0.1):
            document.update(rng.choice(FOREIGN))
        return document

    def spoilt(self, text):
        """With a key that comes twice, where it may be read, or one that is no text."""
        return self.rng.choice([
            '{"@context":1,"@context":2,' + text[1:], '{"actor":"x","actor":"y",' + text[1:],
            '{"contentMap":{"en":"a","en":"b"},' + text[1:], '{"type":"Note",' + text[1:],
            '{"tag":[],' + text[1:], text.replace('Map":{', 'Map":{"x":"","x":"",'),
            text.replace('"pt":', '"\\udc00":'), text.replace('"name":', '"name":null,"name":'),
            text.replace('"id":', '"id":null,"id":')])
