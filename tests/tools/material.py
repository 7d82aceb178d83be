"""What rules and synthetic posts are made from: the tags, handles and ids of the real feeds.

Read roughly, without regard to dialects: this only has to find strings that occur.
"""
import collections
import json
import pathlib


class Material:
    """Distinct values, the most frequent first."""

    def __init__(self, data):
        self.counts = {kind: collections.Counter()
                       for kind in ('tags', 'handles', 'ids', 'posts', 'langs', 'dids', 'mentions')}
        for path in feeds(data):
            for line in path.read_bytes().splitlines():
                try:
                    self.walk(json.loads(line), 0)
                except ValueError:
                    continue
        for kind, counter in self.counts.items():
            setattr(self, kind, [v for v, _ in sorted(counter.items(), key=lambda i: (-i[1], i[0]))])

    def add(self, kind, value):
        value = str(value) if isinstance(value, (str, int)) else ''
        if value and value.isprintable() and len(value) < 100:
            self.counts[kind][value] += 1

    def walk(self, value, depth):
        if isinstance(value, list):
            for item in value:
                self.walk(item, depth)
        if not isinstance(value, dict):
            return
        for tag in value.get('hashtags') or value.get('tags') or []:
            if isinstance(tag, dict):
                self.add('tags', tag.get('tag') or tag.get('text') or tag.get('name'))
        if '$type' in value and 'tag' in value:
            self.add('tags', value['tag'])
        for key in ('screen_name', 'acct', 'username'):
            self.add('mentions' if 'indices' in value or 'start' in value else 'handles',
                     value.get(key))
        if 'screen_name' in value or 'acct' in value:
            self.add('ids', value.get('id_str') or value.get('id'))
        self.add('ids', value.get('author_id'))
        if 'did' in value and 'kind' in value:
            self.add('dids', value['did'])
        if depth == 0 and 'did' not in value:
            self.add('posts', value.get('id_str') or value.get('id'))
        for key in ('lang', 'language'):
            self.add('langs', value.get(key))
        for item in value.values():
            self.walk(item, depth + 1)


def feeds(data):
    """Every real feed, in one order."""
    folder = pathlib.Path(data) / 'feeds'
    return sorted(folder.glob('*.ndjson')) + sorted(folder.glob('tweets_v2_pages/*.jsonl'))
