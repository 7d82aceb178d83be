"""Bad input: the right code, the right line, and the next post is decided."""
import json

import weir
from weir import tap

GOOD = b'{"id":"good","author":"@reader","hashtags":["ModiPlanningFarmerGenocide"]}'


def post(**more):
    return json.dumps(dict({"id": "1", "author": "@x", "hashtags": ["a"]}, **more)).encode()


def tweet(**more):
    return json.dumps(dict({"id_str": "1", "full_text": "x", "user": {"id_str": "2", "screen_name": "y"}},
                           **more)).encode()


def nested(levels):
    """A post `levels` objects and arrays deep, the post itself being 1."""
    deep = levels - 1
    return b'{"id":"1","author":"@x","hashtags":[],"deep":' + b"[" * deep + b"]" * deep + b"}"


def answers(data, args=(), clock=weir.CLOCK):
    return [json.loads(x) for x in weir.decide(data, args=args, clock=clock)]


def between(bad, code, clock=weir.CLOCK, args=()):
    """`bad` between two good posts is answered with `code` on line 2; they are decided."""
    first, answer, last = answers(GOOD + b"\n" + bad + b"\n" + GOOD + b"\n", args, clock)
    assert first["action"] == last["action"] == "downrank", (first, last)
    assert answer.get("error") == code, f"{code} was expected, came {answer}"
    assert answer["line"] == 2 and isinstance(answer["offset"], int) and answer["detail"], answer
    assert 0 <= answer["offset"] <= len(bad), answer
    return answer


BAD = [
    ("truncated JSON", b'{"id":"1","author":"@x","hashta', "bad_json"),
    ("truncated in a string's escape", b'{"id":"1","author":"\\', "bad_json"),
    ("two values on a line", GOOD + b" " + GOOD, "bad_json"),
    ("something behind the value", GOOD + b"x", "bad_json"),
    ("a bare word", b"hello", "bad_json"),
    ("a NUL byte between values", b'{"id":"1",\x00"author":"@x"}', "bad_json"),
    ("a NUL byte in a string", b'{"id":"1\x00","author":"@x","hashtags":[]}', "bad_json"),
    ("a NUL byte behind the value", GOOD + b"\x00", "bad_json"),
    ("invalid UTF-8 in what is read", b'{"id":"1","author":"@\xff","hashtags":[]}', "bad_utf8"),
    ("an overlong form", b'{"id":"1","author":"@\xc0\xaf","hashtags":[]}', "bad_utf8"),
    ("a surrogate in UTF-8", b'{"id":"1","author":"@\xed\xa0\x80","hashtags":[]}', "bad_utf8"),
    ("invalid UTF-8 comes before bad JSON", b'{"id":"\xff', "bad_utf8"),
    ("5,000 levels", nested(5000), "too_deep"),
    ("65 levels", nested(65), "too_deep"),
    ("a key twice", b'{"id":"1","id":"2","author":"@x","hashtags":[]}', "duplicate_key"),
    ("a key twice, once escaped", b'{"id":"1","\\u0069d":"2","author":"@x","hashtags":[]}',
     "duplicate_key"),
    ("a key twice in an inner object", b'{"id":"1","author":{"id":"a","id":"b"},"hashtags":[]}',
     "duplicate_key"),
    ("an array", b'[{"id":"1"}]', "not_an_object"),
    ("a number", b"17", "not_an_object"),
    ("null", b"null", "not_an_object"),
    ("a string", b'"post"', "not_an_object"),
    ("an object of no known shape", b'{"hello":"world"}', "unknown_shape"),
    ("an empty object", b"{}", "unknown_shape"),
    ("an author that is null", b'{"id":"1","author":null,"hashtags":[]}', "unknown_shape"),
    ("tags that are no array", post(hashtags="a"), "bad_type"),
    ("a tag that is a number", post(hashtags=[1]), "bad_type"),
    ("a tag that is null", post(hashtags=["a", None]), "bad_type"),
    ("an id that is an object", post(id={}), "bad_type"),
    ("a nested post's fault", post(repost_of={"id": "2", "author": 7}), "bad_type"),
    ("no id", b'{"author":"@x","hashtags":[]}', "no_id"),
    ("an empty id", post(id=""), "no_id"),
    ("an id that is null", post(id=None), "no_id"),
    ("an empty query", b'{"query":{}}', "bad_query"),
    ("a query with two questions", b'{"query":{"hashtag":"a","account":"@b"}}', "bad_query"),
    ("a query for no region", b'{"query":{"hashtag":"a","region":"IND"}}', "bad_query"),
    ("a query for no hashtag", b'{"query":{"hashtag":"#"}}', "bad_query"),
    ("a query for no account", b'{"query":{"account":"https://x.com/foo"}}', "bad_query"),
    ("a query at no time", b'{"query":{"hashtag":"a","at":"2021-02-01"}}', "bad_query"),
]


def _add(name, line, code):
    def check():
        between(line, code)

    globals()["test_" + name.replace(" ", "_")] = check


for row in BAD:
    _add(*row)


def test_64_levels_are_read():
    assert answers(nested(64) + b"\n")[0]["post"] == "1"


def test_a_line_of_10_MB():
    between(b'{"id":"1","author":"@x","hashtags":[],"pad":"' + b"x" * 10_000_000 + b'"}', "too_long")


def test_a_line_of_exactly_1_MiB_is_read():
    head, tail = b'{"id":"1","author":"@x","hashtags":[],"pad":"', b'"}'
    pad = b"x" * ((1 << 20) - len(head) - len(tail))
    for before, after in ((b"", b"\n"), (b"", b""), (b"\xef\xbb\xbf", b"\r\n")):
        assert answers(before + head + pad + tail + after)[0]["action"] == "allow", (before, after)
    between(head + pad + b"x" + tail, "too_long")


def test_what_was_read_of_a_bad_post_is_in_its_record():
    answer = between(b'{"id":"77","author":{"id":"9","handle":"x"},"hashtags":"a"}', "bad_type")
    assert answer["post"] == "77" and answer["author"] == "id:9", answer


def test_undecided_can_be_withheld():
    answer = between(b'{"id":', "bad_json", args=("--undecided", "withhold"))
    assert answer["action"] == "withhold", answer
    assert "action" not in between(b'{"id":', "bad_json", args=("--undecided", "report"))


def test_no_readable_time_under_the_clock_created():
    made = b'{"id":"1","author":"@x","hashtags":[],"created_at":"2021-02-01T07:00:00Z"}'
    for bad in (b'{"id":"2","author":"@x","hashtags":[]}',
                b'{"id":"2","author":"@x","hashtags":[],"created_at":"yesterday"}',
                b'{"query":{"hashtag":"a"}}'):
        first, answer, last = answers(made + b"\n" + bad + b"\n" + made + b"\n", clock="created")
        assert first["action"] == last["action"] == "allow"
        assert answer["error"] == "no_time" and answer["line"] == 2, answer


def test_an_id_that_is_a_number_keeps_its_digits():
    data = b'{"id":10000000000000000000000001,"author":"@x","hashtags":[]}\n'
    assert answers(data)[0]["post"] == "10000000000000000000000001"
    assert answers(b'{"id":12,"full_text":"","user":{"id":9007199254740993,"screen_name":"y"}}\n'
                   )[0]["author"] == "id:9007199254740993"


def test_lone_surrogates_become_replacement_characters():
    record = answers(b'{"id":"a\\ud800b","author":"@x","hashtags":["\\udc00"]}\n')[0]
    assert record["post"] == "a\ufffdb", record


def test_line_ends_blank_lines_and_a_byte_order_mark():
    got = weir.decide(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n\n   \n" + GOOD + b"\n\xef\xbb\xbf" + GOOD)
    assert len(got) == 3 and got[0] == got[1] == got[2], got
    lines = answers(b"\n\n" + GOOD + b"\n\nbad\n")
    assert lines[1]["line"] == 5, "blank lines count as lines, though they are not answered"


def test_no_newline_at_the_end():
    assert len(weir.decide(GOOD)) == 1
    assert len(weir.decide(GOOD + b"\n{")) == 2


def test_10001_tags_are_decided_by_the_first_1000():
    tags = [f"tag{n}" for n in range(10_000)]
    first = answers(post(hashtags=["modiplanningfarmergenocide"] + tags) + b"\n")[0]
    assert first["action"] == "downrank" and first["limit"] == ["tags"], first
    last = answers(post(hashtags=tags + ["modiplanningfarmergenocide"]) + b"\n")[0]
    assert last["action"] == "allow" and last["limit"] == ["tags"], last
    same = answers(post(hashtags=["tag"] * 10_000 + ["modiplanningfarmergenocide"]) + b"\n")[0]
    assert same["action"] == "downrank" and "limit" not in same, same


def test_the_summary_tells_tags_left_out_from_patterns_out_of_budget():
    feed = (post(hashtags=[f"tag{n}" for n in range(1001)]) + b"\n") * 2 + GOOD + b"\n"
    done = weir.replay("-", stdin=feed)
    assert b" 2 with tags left out: only the first 1000 are decided\n" in done.err, done.text()
    assert b"out of budget" not in done.err, done.text()
    told = json.loads(weir.replay("-", stdin=feed, args=("--json",)).err)
    assert (told["limit"], told["limit_patterns"], told["limit_tags"]) == (2, 0, 2), told


def test_a_page_with_a_fault_in_one_post_stays_aligned():
    page = {"data": [{"id": "1", "author_id": "2", "text": "a"},
                     {"id": "2", "author_id": "2", "text": "b"}], "includes": {}}
    got = answers(json.dumps(page).encode() + b"\n" + GOOD + b"\n")
    assert [x["post"] for x in got] == ["1", "2", "good"], got


def test_what_is_no_post_is_skipped_and_counted():
    data = (b'{"delete":{"status":{"id":1,"id_str":"1","user_id":2,"user_id_str":"2"}}}\n'
            b'{"limit":{"track":1}}\n{"data":[],"meta":{"result_count":0}}\n' + GOOD + b"\n")
    done = weir.replay("-", stdin=data)
    assert len(done.lines) == 1, done.text()


def test_bad_lines_change_the_exit_code_only_when_strict():
    weir.replay("-", stdin=b"bad\n")
    weir.replay("-", stdin=b"bad\n", args=("--strict",), code=1)
    weir.replay("-", stdin=GOOD + b"\n", args=("--strict",))


def test_nothing_in_nothing_out():
    assert weir.decide(b"") == []
    assert weir.decide(b"\n\n") == []


if __name__ == "__main__":
    tap.main()
