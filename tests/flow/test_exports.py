"""Exports: each is what its system takes, and says what the records of the same decisions say."""
import gzip
import hashlib
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import exports
import weir
from weir import tap

EMIT = Path(os.environ.get("WEIR_EMIT", Path(weir.TAGWEIR).parent / "tests" / "weir-emit"))
KINDS = ["twitter:v1", "twitter:v2", "twitter:fields-v1", "twitter:fields-v2", "dsa", "atproto",
         "csv"]
SRC = "did:web:{region}.labels.example"
NOON = "2024-07-05T12:00:00Z"
FACTS = "The author is named in the judgment."

RULES = """tagweir: 1
orders:
  fr-1:
    kind: court_order
    authority: A court
    basis: Code pénal, article 24
    reference: 1/2024
    in_force: [{from: 2024-07-01T00:00:00Z, until: 2024-08-01T00:00:00Z}]
    dsa: {decision_ground: DECISION_GROUND_ILLEGAL_CONTENT, category: STATEMENT_CATEGORY_VIOLENCE,
          illegal_content_explanation: It calls for violence., decision_facts: FACTS}
  secret:
    kind: legal_demand
    authority: Unnamed
    basis: Secret act
    confidential: true
    dsa: {decision_ground: DECISION_GROUND_ILLEGAL_CONTENT, category: STATEMENT_CATEGORY_VIOLENCE,
          illegal_content_explanation: Said to the court alone., decision_facts: It was demanded.}
rules:
  - {id: fr-account, order: fr-1, regions: [FR], action: withhold, match: {accounts: ["id:1", "did:plc:one"]}}
  - {id: de-tag, regions: [DE, AT], action: withhold, priority: 5, match: {hashtags: [banned]},
     dsa: {decision_ground: DECISION_GROUND_INCOMPATIBLE_CONTENT, category: STATEMENT_CATEGORY_SCAMS_AND_FRAUD,
           incompatible_content_ground: Terms section 4, incompatible_content_explanation: No fraud.,
           incompatible_content_illegal: No, content_type: [CONTENT_TYPE_TEXT, CONTENT_TYPE_OTHER],
           content_type_other: A card, decision_facts: Posts with tags of a known fraud.}}
  - {id: fr-tag, order: fr-1, regions: [FR], action: withhold, priority: 9, match: {hashtags: [loud]}}
  - {id: down, regions: [EEA, IN], action: downrank, factor: 0.25, surfaces: [trends, suggest], match: {hashtags: [low]}}
  - {id: all-but, regions: [XX], except_regions: [IN, NO], action: withhold, match: {hashtags: [nowhere]}}
  - {id: all, regions: [XX], action: withhold, match: {posts: ["77"]},
     dsa: {decision_ground: DECISION_GROUND_INCOMPATIBLE_CONTENT, category: STATEMENT_CATEGORY_OTHER_VIOLATION_TC,
           incompatible_content_ground: Terms, incompatible_content_explanation: Spam., decision_facts: Looked at by a person.}}
  - {id: se-secret, order: secret, regions: [SE], action: withhold, match: {accounts: ["@hidden"], hashtags: [whisper]}}
  - {id: it-account, regions: [IT], action: withhold, match: {accounts: ["id:4"]}}
  - {id: it-but, action: allow, regions: [IT], match: {hashtags: [news]}}
""".replace("FACTS", FACTS)


def own(n, author, *tags, **more):
    return json.dumps({"id": str(n), "author": author, "hashtags": list(tags),
                       "created_at": "2024-07-04T08:00:00Z", **more}, ensure_ascii=False)


ONE = {"id": "1", "handle": "one"}
TWO = {"id": "2", "handle": "two"}
FEED = "\n".join([
    own(10, ONE), own(11, ONE, "banned"), own(12, ONE, "loud", "banned", lang="fr"),
    own(13, TWO, "banned", "low"), own(14, TWO, "low", lang="zz-ZZ"), own(15, TWO, "nowhere"),
    own(77, TWO, "low"), own(16, TWO), own(10, ONE), own("not-a-number", ONE),
    own(17, "@=cmd()", "banned"), own(18, {"id": "=5", "handle": "x"}, "low"),
    own(19, {"id": "3", "handle": "hidden"}, "whisper"),
    own(20, {"id": "4"}), own(21, {"id": "4"}, "news"),
    own(22, TWO, repost_of=json.loads(own(23, ONE))),
    own(24, TWO, quotes=json.loads(own(25, ONE, "banned"))),
    own('a"b,\nc', TWO, "low"),
    json.dumps({"query": {"account": "id:1"}}),
    json.dumps({"did": "did:plc:one", "time_us": 1720080000000000, "kind": "commit", "commit": {
        "operation": "create", "collection": "app.bsky.feed.post", "rkey": "a", "record": {
            "text": "#low #banned", "createdAt": "2024-07-04T08:00:00Z", "facets": []}}}),
    json.dumps({"did": "did:plc:two", "time_us": 1720080000000000, "kind": "commit", "commit": {
        "operation": "create", "collection": "app.bsky.feed.post", "rkey": "b", "record": {
            "tags": ["low", "banned", "loud"], "text": "", "createdAt": "2024-07-04T08:00:00Z"}}}),
]) + "\n"


class Export:
    def __init__(self, kind, data, counts):
        self.kind, self.data, self.counts = kind, data, counts
        self.items = None


def emit(kind, feed=FEED, rules=RULES, clock=NOON, old=None, old_clock=None, workers=1, src=SRC,
         code=0):
    """Export a feed; what comes of it is checked in any case."""
    if not EMIT.exists():
        raise tap.Skip(f"{EMIT.name} is not built beside the program")
    with tempfile.TemporaryDirectory() as folder:
        def file(name, text):
            path = Path(folder) / name
            path.write_text(text)
            return str(path)
        args = [str(EMIT), kind, rules if isinstance(rules, Path) else file("r.yaml", rules), clock,
                feed if isinstance(feed, Path) else file("f.ndjson", feed), "--workers",
                str(workers), "--label-src", src]
        args += ["--old", file("o.yaml", old)] if old else []
        args += ["--old-clock", old_clock] if old_clock else []
        done = subprocess.run([str(a) for a in args], capture_output=True, timeout=weir.PATIENCE_S)
    assert done.returncode == code, done.stderr.decode()
    if code:
        return done.stderr.decode()
    made = Export(kind, done.stdout, json.loads(done.stderr))
    made.items = exports.check(kind, made.data, changes=bool(old or old_clock))
    if kind == "csv" or made.items:
        assert made.counts["items"] == len(made.items), made.counts
    return made


def records(feed=FEED, rules=RULES, clock=NOON):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.yaml"
        path.write_text(rules)
        return [json.loads(r) for r in weir.decide(feed.encode(), rules=path, clock=clock)]


def test_each_kind_is_the_same_with_any_number_of_workers():
    for kind in KINDS:
        one = emit(kind)
        assert one.items, kind
        for n in (2, 7):
            more = emit(kind, workers=n)
            assert more.data == one.data and more.counts == one.counts, (kind, n)


def test_the_fields_of_posts_are_what_their_records_say():
    got = {i["data"]["id"]: i["data"]["withheld"] for i in emit("twitter:fields-v2").items}
    wanted = {}
    for record in exports.posts_of(records()):
        countries = exports.derived_countries(record)
        if countries != []:
            wanted[record["post"]] = countries
    assert set(got) == set(wanted)
    for post, countries in wanted.items():
        if countries is None:  # everywhere but there
            named = got[post]["country_codes"]
            assert len(named) > 240 and not {"IN", "NO", "XX"} & set(named), named
        else:
            assert got[post]["country_codes"] == countries, post
    assert {p for p in got if got[p]["scope"] == "user"} == {
        "10", "not-a-number", "at://did:plc:one/app.bsky.feed.post/a"}


def test_what_acts_on_an_account_is_told_once_and_whatever_acts_on_its_posts():
    items = emit("twitter:v1").items
    users = [i["user_withheld"] for i in items if "user_withheld" in i]
    assert users == [{"id": 1, "withheld_in_countries": ["FR"]}], users
    lists = {i["status_withheld"]["id"]: i["status_withheld"]["withheld_in_countries"]
             for i in items if "status_withheld" in i}
    assert lists[10] == ["FR"] and lists[11] == ["AT", "DE", "FR"]
    assert lists[12] == ["AT", "DE", "FR"] and lists[77] == ["XX"] and lists[22] == ["FR"]
    # an exemption for posts shields some of this account's: it is not withheld as a whole
    assert lists[20] == ["IT"] and 21 not in lists


def test_an_account_is_withheld_by_a_rule_that_does_not_act_first():
    rules = """tagweir: 1
orders:
  o: {kind: report, authority: a, basis: b}
rules:
  - {id: most, regions: [XX], except_regions: [FR], priority: 5, action: withhold, match: {accounts: ["id:1"]}, except: {hashtags: [ok]}}
  - {id: all, regions: [IN, TR, IR, FR], action: withhold, match: {accounts: ["id:1"]}}
  - {id: order, order: o, regions: [PL], action: withhold, match: {accounts: ["id:1"]}}
  - {id: press, regions: [TR], action: allow, match: {hashtags: [news]}}
  - {id: free, regions: [PL], against: [o], action: allow, match: {accounts: ["id:1"]}}
"""
    for tags in ([], ["ok"]):
        made = emit("twitter:v1", feed=own(10, ONE, *tags) + "\n", rules=rules)
        # not where an exemption shields some posts, or the account itself from that rule
        users = [x["user_withheld"]["withheld_in_countries"] for x in made.items if "user_withheld" in x]
        assert users == [["FR", "IN", "IR"]], (tags, users)


def test_who_quotes_a_post_does_not_change_what_is_said_of_it():
    """A post that is known by its id alone is not all that is known of it elsewhere."""
    rules = """tagweir: 1
orders:
  o: {kind: report, authority: a, basis: b, in_force: [{from: 2024-01-01T00:00:00Z, until: 2024-08-01T00:00:00Z}]}
rules:
  - {id: id, order: o, regions: [IN, TR], action: withhold, match: {posts: ["11", "at://did:plc:one/app.bsky.feed.post/a"]}}
  - {id: tag, regions: [TR, FR], action: withhold, match: {hashtags: [banned]}}
"""
    def bluesky(who, rkey, **record):
        return json.dumps({"did": who, "time_us": 1720080000000000, "kind": "commit", "commit": {
            "operation": "create", "collection": "app.bsky.feed.post", "rkey": rkey,
            "record": {"text": "", **record}}})
    uri = "at://did:plc:one/app.bsky.feed.post/a"
    quoted = [own(11, ONE, "banned"), bluesky("did:plc:one", "a", tags=["banned"])]
    quoting = [own(12, TWO, quotes="11"), bluesky("did:plc:two", "b", embed={"record": {"uri": uri}})]
    for lines in (quoted + quoting, quoting + quoted):
        feed = "\n".join(lines) + "\n"
        for kind in ("twitter:fields-v2", "twitter:v2"):
            made = emit(kind, feed=feed, rules=rules)
            lists = [exports.countries_of(x) for x in made.items]
            assert lists == [["FR", "IN", "TR"]] * 2 and made.counts["by_id"] == 2, (kind, made.data)
            made = emit(kind, feed=feed, rules=rules, clock=LATER, old_clock=NOON)
            lists = [exports.countries_of(x) for x in made.items]
            assert lists == [["FR", "TR"]] * 2, (kind, made.data)
        state = {x["src"]: x.get("exp") for x in emit("atproto", feed=feed, rules=rules).items}
        assert state == {"did:web:fr.labels.example": None, "did:web:tr.labels.example": None,
                         "did:web:in.labels.example": "2024-08-01T00:00:00Z"}, state
        made = emit("atproto", feed=feed, rules=rules, clock=LATER, old_clock=NOON)
        assert [(x["src"], x["neg"]) for x in made.items] == [("did:web:in.labels.example", True)], made.data
    assert len(emit("atproto", feed=quoting[1] + "\n", rules=rules).items) == 2


def test_no_network_is_left_out_of_forms_that_name_none():
    def status(n, who):
        return json.dumps({"id": n, "created_at": "2024-07-04T08:00:00.000Z", "content": "", "tags": [{"name": "banned"}],
                           "account": {"id": who, "acct": "a@m.example"}})
    made = emit("twitter:v1", feed=status("7", "8") + "\n" + status("x", "8") + "\n")
    assert [i["status_withheld"]["id"] for i in made.items] == [7] and made.counts["no_number"] == 1, made.counts


def test_what_is_left_out_is_counted():
    counts = emit("twitter:v1").counts
    assert counts["query"] == 1 and counts["downrank"] == 5, counts
    # the post whose id is no number; two posts of Bluesky, and one account there; =cmd() has no id
    assert counts["no_number"] == 1 + 2 + 1 and counts["no_author"] == 1, counts
    assert counts["repeated"] >= 2, counts
    assert emit("atproto").counts["not_bluesky"] > 5


def test_statements_are_what_records_say():
    made = emit("dsa")
    scopes = exports.derived_scopes(records())
    with_dsa = {"fr-account", "de-tag", "fr-tag", "all"}
    wanted = sorted((sorted(c) for (post, rule), c in scopes.items() if rule in with_dsa))
    assert len(wanted) >= 10
    assert b"Secret" not in made.data, "the basis of a confidential order"
    assert sorted(s["territorial_scope"] for s in made.items) == wanted
    lacks = {x["rule"]: x for x in made.counts["lacks"]}
    assert set(lacks) == {"down", "all-but", "se-secret", "it-account"}, lacks
    assert "illegal_content_legal_ground" in lacks["se-secret"]["message"], lacks
    assert "`secret`" in lacks["se-secret"]["message"]
    assert "category: STATEMENT_CATEGORY_" in lacks["down"]["message"], lacks["down"]
    left = sum(len(c) > 0 for (p, r), c in scopes.items() if r in lacks)
    assert made.counts["bad_dsa"] == left, (made.counts, left)


def test_a_statement_says_what_its_rule_and_order_say():
    by_facts = {}
    for s in emit("dsa").items:
        by_facts.setdefault(s["decision_facts"], s)
    order = by_facts[FACTS]
    assert order["illegal_content_legal_ground"] == "Code pénal, article 24"
    assert order["source_type"] == "SOURCE_TYPE_OTHER_NOTIFICATION"
    assert order["automated_detection"] == "Yes"
    assert order["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    assert order["end_date_visibility_restriction"] == "2024-07-31"
    assert order["content_date"] == "2024-07-04" and order["application_date"] == "2024-07-05"
    person = by_facts["Looked at by a person."]
    assert person["automated_detection"] == "No" and person["source_type"] == "SOURCE_VOLUNTARY"
    assert person["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert "end_date_visibility_restriction" not in person
    assert person["territorial_scope"] == exports.EEA
    assert by_facts["Posts with tags of a known fraud."]["content_type_other"] == "A card"


def netstring(s):
    return f"{len(s.encode())}:{s},".encode()


def test_the_hash_in_a_statement_is_the_one_that_is_documented():
    said = b"".join(map(netstring, ["tagweir-dsa-1", "own", "10", "fr-account", "withhold", "FR",
                                    "2024-07-01T00:00:00Z"]))
    assert hashlib.sha256(said).hexdigest() in {s["puid"] for s in emit("dsa").items}
    said = b"".join(map(netstring, ["tagweir-dsa-1", "own", "77", "all", "withhold",
                                    ",".join(exports.EEA), ""]))
    assert hashlib.sha256(said).hexdigest() in {s["puid"] for s in emit("dsa").items}


def test_statements_come_by_the_hundred():
    feed = "\n".join(own(n, TWO, "banned") for n in range(1000, 1250)) + "\n"
    made = emit("dsa", feed=feed + feed, workers=3)
    assert [len(json.loads(b)["statements"]) for b in made.data.splitlines()] == [100, 100, 50]
    assert made.counts["repeated"] == 250


def test_languages_are_told_where_they_are_known():
    made = emit("dsa", feed=own(1, TWO, "banned", lang="pt-BR") + "\n" + own(2, TWO, "banned", lang="zz")
                + "\n" + own(3, TWO, "banned", lang="ast") + "\n")
    assert [s.get("content_language") for s in made.items] == ["PT", None, None]


def test_what_was_made_after_it_was_decided_is_no_statement():
    assert emit("dsa", clock="2024-07-03T00:00:00Z").counts["bad_date"] > 5
    post = json.loads(own(1, TWO, "banned"))
    del post["created_at"]
    assert emit("dsa", feed=json.dumps(post) + "\n").counts["no_date"] == 1
    assert emit("dsa", feed=own(1, TWO, created_at=None) + "\n").data == b""


def test_labels_have_a_source_a_country():
    labels = emit("atproto").items
    said = {(x["src"], x["uri"].rsplit("/", 1)[-1], x["val"]): x for x in labels}
    assert len(said) == len(labels)
    one = said["did:web:fr.labels.example", "did:plc:one", "!hide"]
    assert one["cts"] == NOON and one["exp"] == "2024-08-01T00:00:00Z"
    assert ("did:web:fr.labels.example", "a", "!hide") not in said  # the account's is enough
    assert said["did:web:fr.labels.example", "b", "!hide"]["exp"] == "2024-08-01T00:00:00Z"
    assert "exp" not in said["did:web:de.labels.example", "b", "!hide"]
    assert "exp" not in said["did:web:in.labels.example", "b", "downrank-trends"]
    assert ("did:web:de.labels.example", "b", "downrank-trends") not in said  # withheld there


def test_an_end_is_told_only_where_nothing_goes_on():
    rules = RULES.replace("rules:\n", "rules:\n  - {id: fr-too, regions: [FR], action: withhold, "
                                      "match: {hashtags: [loud]}}\n")
    hide = [x for x in emit("atproto", rules=rules).items
            if x["uri"].endswith("/b") and x["src"] == "did:web:fr.labels.example"]
    assert [x["val"] for x in hide] == ["!hide"] and "exp" not in hide[0], hide


def test_a_source_of_labels_is_a_DID_with_a_place_for_the_region():
    for src in ("", "did:web:labels.example", "{region}", "did:web:{region}.{region}.example",
                "https://{region}.example", "did::{region}", "did:web:{region}.exa\"mple"):
        assert "{region}" in emit("atproto", src=src, code=2), src


def test_rows_are_what_records_say():
    feed = "\n".join(x for x in FEED.split("\n") if "hidden" not in x)
    got = emit("csv", feed=feed).items
    assert got == list(exports.derived_csv(records(feed=feed)))
    assert any(r["action"] == "allow" for r in got)
    assert any(r["author"] == "@=cmd()" for r in got) and any(r["via"] for r in got)


def test_rows_show_no_target_of_a_confidential_order():
    data = emit("csv", feed=own(19, {"id": "3", "handle": "hidden"}, "whisper") + "\n")
    (row,) = data.items
    assert row["order"] == "secret" and row["by"] == "accounts" and row["post"] == "19"
    assert row["author"] == "" and row["value"] == ""
    assert b"hidden" not in data.data and b"whisper" not in data.data


def test_no_row_of_a_post_shows_what_another_must_not():
    rules = """tagweir: 1
orders:
  secret: {kind: legal_demand, authority: a, basis: b, confidential: true}
rules:
  - {id: all, order: secret, regions: [XX], action: withhold, match: {accounts: ["did:plc:one", "id:4"]}}
  - {id: post, order: secret, regions: [SE], action: withhold, match: {posts: ["77"]}}
  - {id: fr-but, regions: [FR], action: allow, match: {accounts: ["did:plc:one", "id:4"]}}
  - {id: tr, regions: [TR], action: withhold, priority: 9, match: {hashtags: [banned]}}
  - {id: ir, regions: [IR], action: withhold, priority: 9, match: {accounts: ["*four*", "did:plc:one"]}}
"""
    feed = own(20, {"id": "4", "handle": "four"}, "banned") + "\n" + own(77, TWO, "banned") + "\n"
    bluesky = next(x for x in FEED.splitlines() if '"a"' in x and "did:plc:one" in x)
    data = emit("csv", feed=feed + bluesky + "\n", rules=rules)
    assert b"four" not in data.data and b"id:4" not in data.data and b"plc" not in data.data
    assert b"77" not in data.data and b"#banned" in data.data
    assert [r["region"] for r in data.items] == ["XX", "FR", "IR", "TR", "SE", "TR", "XX", "FR", "IR"]
    assert {r["post"] for r in data.items if r["region"] == "IR"} == {"20", ""}
    # nor does a change, of which only one side is confidential
    data = emit("csv", feed=feed + bluesky + "\n", rules=rules, old=rules.replace(", confidential: true", "")
                .replace("regions: [IR]", "regions: [IQ]"))
    assert data.items and b"four" not in data.data and b"plc" not in data.data and b"77" not in data.data


def test_there_is_a_header_without_rows():
    assert emit("csv", feed=own(1, TWO) + "\n").data.count(b"\r\n") == 1


# Changes -------------------------------------------------------------------------------------

LATER = "2024-08-02T00:00:00Z"


def test_lists_are_complete_after_a_change_and_empty_when_all_is_lifted():
    items = emit("twitter:v1", clock=LATER, old_clock=NOON).items
    users = [i["user_withheld"] for i in items if "user_withheld" in i]
    assert users == [{"id": 1, "withheld_in_countries": []}], users
    lists = {i["status_withheld"]["id"]: i["status_withheld"]["withheld_in_countries"]
             for i in items if "status_withheld" in i}
    assert lists[10] == [] and lists[11] == ["AT", "DE"]
    assert 13 not in lists and 77 not in lists, "not changed"
    fields = {i["id"]: i for i in emit("twitter:fields-v1", clock=LATER, old_clock=NOON).items}
    assert fields[10]["withheld_in_countries"] == [] and 13 not in fields


def test_nothing_is_said_of_what_has_not_changed():
    for kind in KINDS:
        made = emit(kind, old=RULES + "# a comment\n")
        assert not made.items and made.data.count(b"\n") == (1 if kind == "csv" else 0), kind


def test_one_way_and_back_again_ends_where_it_began():
    """Lists and labels after a change are those that an export says at once."""
    other = RULES.replace("regions: [DE, AT]", "regions: [DE, PL]").replace("id:1", "id:2")
    for kind in ("twitter:fields-v2", "atproto"):
        state = {}
        for made in (emit(kind, rules=RULES), emit(kind, rules=other, old=RULES),
                     emit(kind, rules=RULES, old=other)):
            for item in made.items:
                if kind == "atproto":
                    key = item["src"], item["uri"], item["val"]
                    state[key] = None if item.get("neg") else item.get("exp", "")
                else:
                    state[item["data"]["id"]] = item["data"]["withheld"]
        state = {k: v for k, v in state.items() if v is not None and
                 (kind == "atproto" or v["country_codes"])}
        again = {}
        for item in emit(kind).items:
            if kind == "atproto":
                again[item["src"], item["uri"], item["val"]] = item.get("exp", "")
            else:
                again[item["data"]["id"]] = item["data"]["withheld"]
        assert state == again, kind


def test_labels_are_negated_when_lifted():
    labels = emit("atproto", clock=LATER, old_clock=NOON).items
    assert all(x["cts"] == LATER for x in labels)
    lifted = {(x["src"], x["uri"], x["val"]) for x in labels if "neg" in x}
    assert lifted == {("did:web:fr.labels.example", "did:plc:one", "!hide"),
                      ("did:web:fr.labels.example", "at://did:plc:two/app.bsky.feed.post/b", "!hide")}
    # what was withheld there is downranked now
    assert {x["val"] for x in labels if "neg" not in x} == {"downrank-trends", "downrank-suggest"}


def test_only_what_is_new_is_stated():
    made = emit("dsa", old=RULES.replace("regions: [DE, AT]", "regions: [DE]"))
    assert {tuple(s["territorial_scope"]) for s in made.items} == {("AT", "DE")}
    assert emit("dsa", clock=LATER, old_clock=NOON).counts["lifted"] > 3


def test_what_was_downranked_and_is_withheld_by_the_same_rule_is_stated_anew():
    stated = RULES.replace("surfaces: [trends, suggest], match: {hashtags: [low]}}", """surfaces: [trends],
     match: {hashtags: [low]}, dsa: {decision_ground: DECISION_GROUND_INCOMPATIBLE_CONTENT,
       category: STATEMENT_CATEGORY_OTHER_VIOLATION_TC, incompatible_content_ground: Terms,
       incompatible_content_explanation: Spam., decision_facts: It was found.}}""")
    feed = own(14, TWO, "low") + "\n"
    other = stated.replace("action: downrank, factor: 0.25, surfaces: [trends],", "action: withhold,")
    (now,) = emit("dsa", feed=feed, rules=other, old=stated).items
    assert now["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DISABLED"]
    (was,) = emit("dsa", feed=feed, rules=stated).items
    assert was["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DEMOTED"]
    assert was["puid"] != now["puid"], "which the database would refuse"


def test_rows_of_a_change_say_which_way_it_went():
    rows = emit("csv", old=RULES.replace("regions: [DE, AT]", "regions: [DE, PL]")).items
    assert {(r["change"], r["region"], r["rule"]) for r in rows} == {
        ("new", "AT", "de-tag"), ("lifted", "PL", "de-tag"),
        ("lifted", "AT", "down"), ("new", "PL", "down")}


def test_a_change_of_everywhere_is_none_of_regions_that_keep_their_own():
    old = """tagweir: 1
rules:
  - {id: fr, regions: [FR], priority: 5, action: withhold, match: {hashtags: [banned]}}
  - {id: all, regions: [XX], except_regions: [DE], action: withhold, match: {hashtags: [TAG]}}
  - {id: in, regions: [IN], priority: 5, action: withhold, match: {hashtags: [TAG]}}
"""
    old, new = old.replace("TAG", "never"), old.replace("TAG", "banned")
    feed = own(1, TWO, "banned") + "\n"
    for change, one, other in (("new", old, new), ("lifted", new, old)):
        rows = emit("csv", feed=feed, rules=other, old=one).items
        assert [(r["change"], r["region"], r["action"], r["rule"]) for r in rows] == [
            (change, "XX", "withhold", "all"), ("same", "DE", "allow", ""), ("same", "FR", "withhold", "fr"),
            (change, "IN", "withhold", "in")], rows


# What is there already -----------------------------------------------------------------------

def test_the_examples_export():
    for folder in (weir.INDIA, weir.EXAMPLES / "france-court-2024", weir.EXAMPLES / "eu-group"):
        for kind in KINDS:
            emit(kind, rules=folder, feed=folder / "posts.ndjson", clock="2024-07-15T00:00:00Z")
            emit(kind, rules=folder, feed=folder / "posts.ndjson", clock=weir.CLOCK,
                 old_clock="2021-02-02T00:00:00Z")


WIDE = """tagweir: 1
orders:
  o: {kind: court_order, authority: a, basis: Act 7, in_force: [{from: 2010-01-01T00:00:00Z, until: 2030-01-01T00:00:00Z}],
      dsa: {decision_ground: DECISION_GROUND_ILLEGAL_CONTENT, category: STATEMENT_CATEGORY_VIOLENCE,
            illegal_content_explanation: Forbidden., decision_facts: By order.}}
rules:
  - {id: langs, order: o, regions: [FR, DE], action: withhold, match: {langs: [en, de]}}
  - {id: tags, order: o, regions: [XX], except_regions: [US], action: downrank, factor: 0.3, surfaces: [trends], match: {hashtags: ['*a*']}}
  - {id: who, order: o, regions: [IN, GB], action: withhold, priority: 3, match: {accounts: ['*e*']}}
  - {id: free, action: allow, regions: [GB], match: {hashtags: ['*b*']}}
"""


def test_real_feeds_export_what_their_records_say():
    clock = "2026-11-01T00:00:00Z"
    for name in ("tweets_v1.ndjson", "tweets_v2.ndjson", "mastodon_statuses.ndjson",
                 "bluesky_jetstream.ndjson"):
        feed = weir.data_dir() / "feeds" / name
        said = records(feed.read_text(), WIDE, clock)
        rows = list(exports.derived_csv(said))
        assert emit("csv", feed=feed, rules=WIDE, clock=clock).items == rows and rows, name
        lists = {r["post"]: c for r in exports.posts_of(said)
                 if (c := exports.derived_countries(r))}
        got = {i["data"]["id"]: i["data"]["withheld"]["country_codes"]
               for i in emit("twitter:fields-v2", feed=feed, rules=WIDE, clock=clock, workers=3).items}
        assert got == lists, name
        for kind in KINDS:
            emit(kind, feed=feed, rules=WIDE, clock=clock)


# replay --emit -------------------------------------------------------------------------------

def replay(kind, feed, *args, clock=NOON, rules=RULES):
    """What replay exports, and its summary."""
    with weir.Folder() as folder:
        path = rules if isinstance(rules, Path) else folder.write("r.yaml", rules)
        given = feed if isinstance(feed, Path) else folder.write("f.ndjson", feed)
        src = ["--label-src", SRC] if kind == "atproto" else []
        done = weir.replay(given, rules=path, clock=clock, args=["--emit", kind, "--json", *src, *args])
    summary = json.loads(done.err)
    if "--out" not in args:
        exports.check(kind, done.out)
    return done.out, summary


def test_replay_exports_what_the_library_does():
    for kind in KINDS:
        made = emit(kind)
        for threads in (1, 3):
            out, summary = replay(kind, FEED, "--threads", str(threads))
            assert out == made.data, kind
            told = summary["export"]
            assert told["kind"] == kind and told["items"] == made.counts["items"]
            assert told["repeated"] == made.counts["repeated"] and told["lacks"] == made.counts["lacks"]
            assert told["left_out"] == {k: made.counts[k] for k in told["left_out"]}
            assert sum(told["left_out"].values()) == sum(
                v for k, v in made.counts.items() if k not in ("items", "repeated", "lacks"))


def test_exports_are_the_same_bytes_with_any_number_of_threads():
    feeds = weir.data_dir() / "feeds"
    for kind in KINDS:
        one = replay(kind, feeds, "--threads", "1", clock="2026-11-01T00:00:00Z", rules=WIDE)[0]
        assert replay(kind, feeds, "--threads", "4", clock="2026-11-01T00:00:00Z", rules=WIDE)[0] == one


# diff --emit ---------------------------------------------------------------------------------

def diff(kind, *args, feed=FEED, rules=RULES, old=RULES, code=1):
    """What diff exports, its result, and the summary."""
    with weir.Folder() as folder:
        out = folder.path / "out"
        src = ["--label-src", SRC] if kind == "atproto" else []
        done = weir.expect(weir.run(
            "diff", "--old", folder.write("o.yaml", old), "--new", folder.write("r.yaml", rules), *args, "--json",
            "--emit", kind, *src, "--changes", out, folder.write("f.ndjson", feed)), code)
        return out.read_bytes(), json.loads(done.out), json.loads(done.err)


def test_diff_exports_what_changes():
    # what acts on an account now acts on its posts, by the rule of the same name: no outcome is another
    moved = RULES.replace('match: {accounts: ["id:1", "did:plc:one"]}', 'match: {hashtags: [loud, banned]}, except: '
                          '{accounts: ["id:2"]}')
    other = RULES.replace("regions: [DE, AT]", "regions: [DE, PL]").replace("id:1", "id:2")
    for kind in KINDS:
        for rules in (moved, other):
            made = emit(kind, rules=rules, old=RULES)
            for threads in (1, 3):
                out, result, summary = diff(kind, "--clock", NOON, "--threads", threads, rules=rules)
                assert out == made.data and result["changed"]["posts"] > 0, kind
                told = summary["export"]
                assert told["items"] == made.counts["items"] and told["repeated"] == made.counts["repeated"]
        made = emit(kind, clock=LATER, old_clock=NOON)
        assert diff(kind, "--old-clock", NOON, "--new-clock", LATER)[0] == made.data, kind
        out = diff(kind, "--clock", NOON, code=0)[0]
        assert out.count(b"\n") == (kind == "csv"), (kind, "nothing changes")


def test_diff_exports_the_changes_that_were_asked_for():
    other = RULES.replace("regions: [DE, AT]", "regions: [DE, PL]").replace("id:1", "id:2")
    rows = exports.check_csv(diff("csv", "--clock", NOON, "--rule", "fr-account", rules=other)[0], changes=True)
    assert rows and "10" in {r["post"] for r in rows} and "17" not in {r["post"] for r in rows}, "by de-tag alone"
    with weir.Folder() as folder:
        rules, feed = folder.write("r.yaml", RULES), folder.write("f.ndjson", FEED)
        for args, said in ((["--emit", "csv"], "--changes FILE"), (["--label-src", SRC], "--emit atproto"),
                           (["--emit", "atproto", "--changes", folder.path / "out"], "--label-src")):
            done = weir.run("diff", "--old", rules, "--new", rules, *args, feed)
            assert done.code == 2 and said in done.err.decode(), (args, done.text())


def test_exports_are_packed():
    plain = replay("csv", FEED)[0]
    with weir.Folder() as folder:
        out = folder.path / "out.csv.gz"
        replay("csv", FEED, "--out", str(out))
        assert gzip.decompress(out.read_bytes()) == plain
        assert not Path(str(out) + ".resume").exists()


def test_bad_lines_are_counted_and_in_no_export():
    feed = own(10, ONE) + "\n{bad\n" + own(11, ONE) + "\n"
    out, summary = replay("twitter:v2", feed)
    assert b"error" not in out and summary["errors"]["bad_json"]["count"] == 1
    assert summary["errors"]["bad_json"]["places"][0]["line"] == 2
    assert summary["export"]["items"] == 2 + 1


def test_filters_choose_what_is_exported():
    out, _ = replay("csv", FEED, "--only", "downrank")
    actions = {r["action"] for r in exports.check_csv(out)}
    assert actions == {"downrank"}, actions
    lists = exports.check("twitter:v2", replay("twitter:v2", FEED, "--rule", "de-tag", "--region", "DE")[0])
    of = {i["data"]["withheld"]["tweet"]["id"]: i["data"]["withheld"]["withheld_in_countries"]
          for i in lists if "withheld" in i["data"]}
    assert of["11"] == ["AT", "DE", "FR"], "lists are complete all the same"
    assert "10" not in of


def test_what_was_stated_before_an_interruption_is_written():
    with weir.Folder() as folder:
        command = [weir.TAGWEIR, "replay", "--rules", folder.write("r.yaml", RULES), "--clock", NOON,
                   "--emit", "dsa", "-"]
        run = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        run.stdin.write("".join(own(n, TWO, "banned") + "\n" for n in range(1000, 1150)).encode())
        run.stdin.flush()
        first = run.stdout.readline()  # the body that is full; the feed goes on
        run.send_signal(signal.SIGINT)
        rest, said = run.stdout.read(), run.stderr.read()  # its input is still open
        run.wait(timeout=weir.PATIENCE_S)
        run.stdin.close()
    assert b"stopped after" in said and run.returncode != 0, said
    assert [len(json.loads(b)["statements"]) for b in (first, rest)] == [100, 50], said
    exports.check("dsa", first + rest)


def test_options_that_make_no_sense_are_refused():
    for args, words in [(["--emit", "twitter:v3"], "expected one of: twitter:v1"),
                        (["--emit", "atproto"], "{region}"),
                        (["--emit", "csv", "--label-src", SRC], "goes with --emit atproto"),
                        (["--label-src", SRC], "goes with --emit atproto"),
                        (["--emit", "csv", "--resume", "--out", "x"], "--resume does not go with --emit"),
                        (["--emit", "csv", "--explain"], "do not go with --emit")]:
        done = weir.expect(weir.run("replay", "--rules", weir.INDIA, *args, "-"), 2)
        assert words in done.err.decode(), done.text()


def test_the_summary_says_what_to_write():
    done = weir.replay(weir.INDIA / "posts.ndjson", args=["--emit", "dsa"])
    said = done.err.decode()
    assert "exported   dsa: 0 items" in said and "de-fraud-tags: `decision_ground` is missing" in said, said


if __name__ == "__main__":
    tap.main()
