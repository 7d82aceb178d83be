"""The real feeds: one record a post, none lost, nothing undecided that can be read."""
import collections
import json

import weir
from weir import tap


def records(name):
    feed = weir.data_dir() / "feeds" / name
    paths = sorted(feed.iterdir()) if feed.is_dir() else [feed]
    done = weir.replay(*paths)
    return [json.loads(x) for x in done.lines], done, paths


def count(got):
    kinds = collections.Counter(r["error"] if "error" in r else "decided" for r in got)
    return dict(kinds)


def test_tweets_v1():
    got, done, _ = records("tweets_v1.ndjson")
    assert count(got) == {"decided": 2338}, count(got)


def test_tweets_v2():
    got, done, _ = records("tweets_v2.ndjson")
    assert count(got) == {"decided": 2492}, count(got)


def test_tweets_v2_pages_are_answered_post_by_post():
    got, done, paths = records("tweets_v2_pages")
    posts = 0
    for path in paths:
        for line in path.read_text(errors="replace").splitlines():
            try:
                data = json.loads(line)["data"]
            except (ValueError, KeyError):
                continue
            posts += len(data) if isinstance(data, list) else 1
    assert count(got) == {"decided": posts, "bad_json": 1}, (count(got), posts)


def test_mastodon():
    got, done, _ = records("mastodon_statuses.ndjson")
    assert count(got) == {"decided": 391}, count(got)


def test_jetstream():
    got, done, _ = records("bluesky_jetstream.ndjson")
    assert count(got).keys() == {"decided"}, count(got)
    kinds = collections.Counter(r["post"].split("/")[3] for r in got)
    feed = weir.data_dir() / "feeds" / "bluesky_jetstream.ndjson"
    updates = collections.Counter()
    for line in feed.read_text().splitlines():
        commit = json.loads(line).get("commit", {})
        if commit.get("operation") in ("create", "update"):
            updates[commit["collection"], commit["operation"]] += 1
    post, repost = "app.bsky.feed.post", "app.bsky.feed.repost"
    assert updates[post, "create"] == 17 and updates[repost, "create"] == 15
    assert kinds == {post: 17 + updates[post, "update"], repost: 15}, kinds


def activitypub():
    """The documents, one a line, and their names in the file."""
    feed = weir.data_dir() / "feeds" / "activitypub_notes.ndjson"
    lines = [json.loads(x) for x in feed.read_text().splitlines()]
    docs = "".join(json.dumps(x["doc"], ensure_ascii=False) + "\n" for x in lines).encode()
    return [x["_case"] for x in lines], docs


def test_activitypub():
    names, docs = activitypub()
    done = weir.replay("-", stdin=docs)
    assert count([json.loads(x) for x in done.lines]) == {"decided": 13, "no_id": 9}
    # those without an id have none, nor has the post that one of them reposts
    undecided = {names[json.loads(x)["line"] - 1] for x in done.lines if b'"error"' in x}
    assert undecided == {"article_with_audio_video", "article_with_image_attachment_with_alt",
                         "article_with_photo", "note_public", "note_unlisted",
                         "note_with_image_document_attachment", "note_with_string_id_image",
                         "quote", "repost"}, undecided
    summary = weir.expect(weir.run("posts", "--json", "-", stdin=docs)).err
    skips = json.loads(summary.splitlines()[-1])["skips"]
    assert skips == {"accept": 3, "profile": 6, "follow": 1, "invite": 1, "like": 3, "undo": 4}, skips


def test_activitypub_posts_are_whose_they_say():
    _, docs = activitypub()
    posts = [json.loads(x) for x in weir.run("posts", "-", stdin=docs).lines]
    posts = {p["id"]: p for p in posts if "error" not in p}
    assert all(p["source"] == "activitypub" for p in posts.values())
    one = posts["https://mastodon.scot/users/jk_na/statuses/105870901259631820"]
    assert one["author"] == {"id": "https://mastodon.scot/users/jk_na", "handle": "jk_na@mastodon.scot"}
    assert posts["tag:example.com,2011:blog-post-123"]["author"] == {"id": "tag:example.com,2001:ryan"}
    assert posts["tag:example.com,2011:note-123"]["mentions"] == [{"id": "https://alice/"}]


def test_all_feeds_in_one_run_are_the_feeds_one_by_one():
    folder = weir.data_dir() / "feeds"
    names = ["tweets_v1.ndjson", "mastodon_statuses.ndjson", "bluesky_jetstream.ndjson"]
    one_by_one = b"".join(weir.replay(folder / n).out for n in names)
    assert weir.replay(*(folder / n for n in names)).out == one_by_one


def test_the_same_input_gives_the_same_bytes():
    feed = weir.data_dir() / "feeds" / "tweets_v2.ndjson"
    first = weir.replay(feed).out
    assert weir.replay(feed).out == first
    assert weir.replay("-", stdin=feed.read_bytes()).out == first


def test_what_is_read_can_be_read_again_and_decides_the_same():
    """`posts` writes Tagweir's own dialect; deciding that gives what deciding the feed gives."""
    for name in ("tweets_v1.ndjson", "tweets_v2.ndjson", "mastodon_statuses.ndjson",
                 "bluesky_jetstream.ndjson"):
        feed = weir.data_dir() / "feeds" / name
        own = weir.expect(weir.run("posts", feed)).out
        assert weir.replay("-", stdin=own).out == weir.replay(feed).out, name
    docs = b"".join(x + b"\n" for x in activitypub()[1].splitlines() if b'"id"' in x)
    own = [x for x in weir.run("posts", "-", stdin=docs).lines if b'"error"' not in x]
    again = weir.replay("-", stdin=b"\n".join(own)).lines
    assert again == [x for x in weir.replay("-", stdin=docs).lines if b'"error"' not in x]
    assert len(again) == 13


if __name__ == "__main__":
    tap.main()
