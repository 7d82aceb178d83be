"""Mistakes in rule files: exit 3, the place, what to do; and nothing is decided by them."""
import json
import os
import re

import weir
from weir import tap

HEAD = "tagweir: 1\n"
RULE = """rules:
  - id: a
    regions: [IN]
    action: withhold
    match: {hashtags: [x]}
"""


def rule(**keys):
    """One rule, each key on a line of its own; None drops a key."""
    given = dict({"id": "a", "regions": "[IN]", "action": "withhold", "match": "{hashtags: [x]}"},
                 **{k.rstrip("_"): v for k, v in keys.items()})
    lines = [f"{k}: {v}" for k, v in given.items() if v is not None]
    return HEAD + "rules:\n  - " + "\n    ".join(lines) + "\n"


# name, file, line and column of the mistake (0: any), words of the message
MISTAKES = [
    ("no version", "rules: []\n", 1, 0, "tagweir"),
    ("another version", "tagweir: 2\n" + RULE, 1, 10, "1"),
    ("an unknown key of a file", HEAD + "rule:\n  - id: a\n", 2, 1, "rule"),
    ("an unknown key of a rule", rule(region="[IN]"), 7, 5, "region"),
    ("an unknown selector", rule(match="{hashtag: [x]}"), 6, 13, "hashtag"),
    ("an unknown action", rule(action="block"), 5, 13, "withhold"),
    ("an unknown mode", rule(mode="test"), 7, 11, "observe"),
    ("a region of three letters", rule(regions="[IND]"), 4, 15, "IN"),
    ("a region's number", rule(regions='["356"]'), 4, 0, "IN"),
    ("a region that is no more", rule(regions="[SU]"), 4, 15, "RU"),
    ("no region at all", rule(regions="[ZZ]"), 4, 15, "ZZ"),
    ("no regions", rule(regions=None), 3, 0, "regions"),
    ("a group that shadows a code", HEAD + "groups: {IN: [FR]}\n" + RULE, 2, 0, "IN"),
    ("a group used before it stands", HEAD + "groups:\n  a: [b]\n  b: [FR]\n" + RULE, 3, 7, "b"),
    ("except_regions that take nothing away", rule(except_regions="[FR]"), 7, 0, "FR"),
    ("an order that does not exist", rule(order="in-1"), 7, 12, "in-1"),
    ("against an order that does not exist",
     rule(action="allow", regions=None, against="[in-1]"), 0, 0, "in-1"),
    ("a list that does not exist", rule(match="{accounts: [{list: none}]}"), 6, 0, "none"),
    ("a list of another kind", HEAD + "lists: {l: {hashtags: [x]}}\n" + rule(
        match="{accounts: [{list: l}]}")[len(HEAD):], 7, 0, "l"),
    ("a rule twice", HEAD + RULE + RULE.split("\n", 1)[1], 7, 9, "a"),
    ("an id with a capital", rule(id="Rule"), 3, 9, "Rule"),
    ("factor 2", rule(action="downrank", factor="2"), 0, 0, "factor"),
    ("factor 1", rule(action="downrank", factor="1"), 0, 0, "factor"),
    ("factor with four decimals", rule(action="downrank", factor="0.1234"), 0, 0, "3 digits"),
    ("a factor of a withhold", rule(factor="0.5"), 7, 0, "factor"),
    ("an unknown surface", rule(action="downrank", factor="0.5", surfaces="[trend]"), 8, 16, "trends"),
    ("a priority too high", rule(priority="1001"), 7, 15, "1000"),
    ("an empty match", rule(match="{}"), 6, 0, "match"),
    ("no match", rule(match=None), 3, 0, "match"),
    ("a selector without entries", rule(match="{hashtags: []}"), 6, 0, "hashtags"),
    ("until before from", rule(from_="2021-02-02T00:00:00Z", until="2021-02-01T00:00:00Z"), 8, 12, "from"),
    ("a bare date", rule(from_="2021-02-01"), 7, 11, "2021-02-01T00:00:00Z"),
    ("a time without an offset", rule(from_="2021-02-01T06:00:00"), 7, 11, "2021-02-01T06:00:00Z"),
    ("intervals that overlap", HEAD + "orders:\n  o:\n    kind: policy\n    in_force:\n"
     "      - {from: 2021-01-01T00:00:00Z, until: 2021-03-01T00:00:00Z}\n"
     "      - {from: 2021-02-01T00:00:00Z}\n" + RULE, 0, 0, "overlap"),
    ("an emergency without its time", HEAD + "orders: {o: {kind: emergency}}\n" + RULE, 2, 0, "served"),
    ("an unknown kind of order", HEAD + "orders: {o: {kind: law}}\n" + RULE, 2, 0, "court_order"),
    ("a list file that is missing", HEAD + "lists: {l: {accounts: nobody.txt}}\n" + RULE, 2, 23, "nobody.txt"),
    ("a regex with an error", rule(match="{hashtags: ['/(x/']}"), 6, 0, "parenthes"),
    ("a glob with a stray backslash", rule(match="{hashtags: ['a\\b*']}"), 6, 0, "\\"),
    ("rollout on allow", rule(action="allow", regions=None, rollout="50"), 0, 0, "rollout"),
    ("tab indentation", "tagweir: 1\nrules:\n\t- id: a\n", 3, 0, "tab"),
    ("an anchor", HEAD + "rules: &r []\n", 2, 0, "anchor"),
    ("an alias", HEAD + "groups: {a: &r [FR], b: *r}\n", 2, 0, "a"),
    ("a merge key", HEAD + "rules:\n  - {<<: {id: a}}\n", 3, 0, "merge"),
    ("a tag of YAML", HEAD + "rules: !!seq []\n", 2, 0, "tag"),
    ("a key twice", rule() + "    action: allow\n", 7, 5, "action"),
    ("an unquoted #tag", HEAD + "rules:\n  - id: a\n    regions: [IN]\n    action: withhold\n"
     "    match:\n      hashtags:\n        - #farmers\n", 8, 0, '"#farmers"'),
    ("an unquoted @handle", HEAD + "rules:\n  - id: a\n    regions: [IN]\n    action: withhold\n"
     "    match:\n      accounts:\n        - @kisan\n", 8, 11, "quot"),
    ("an unquoted *glob", HEAD + "rules:\n  - id: a\n    regions: [IN]\n    action: withhold\n"
     "    match:\n      hashtags:\n        - *genocide\n", 8, 0, "quot"),
    ("an unquoted regex with a colon", rule(match="{hashtags: [/^a{1,2}$/]}"), 6, 0, "quot"),
    ("a double-quoted backslash", rule(match='{hashtags: ["/a\\d/"]}'), 6, 0, "single"),
    ("an unquoted regex that is a map to YAML", rule(match="{hashtags: [/a: b/]}"), 6, 24, "'/a: b/'"),
    ("an unquoted regex cut by a comment", rule(match="\n      hashtags:\n        - /a #b/"), 8, 11,
     "'/a #b/'"),
    ("an unquoted hashtag in brackets", rule(match="{hashtags: [a, #b]}"), 6, 27, '"#b"'),
    ("a DID without its identifier", rule(match="{accounts: ['did:plc:']}"), 6, 25, "did:plc:z72i7h"),
    ("a domain with two dots", rule(match="{accounts: ['domain:a..b']}"), 6, 25, "domain:a.b"),
    ("a test of nothing", rule(tests='{match: ["#"]}'), 7, 0, "tests nothing"),
    ("a group misspelt", HEAD + "groups: {nordics: [DK]}\n" + rule(regions="[nordcs]")[len(HEAD):], 5, 15,
     "did you mean nordics?"),
    ("a list misspelt", HEAD + "lists: {press: {hashtags: [x]}}\n" + rule(
        match="{hashtags: [{list: pres}]}")[len(HEAD):], 7, 31, "did you mean press?"),
    ("a test that fails", rule(tests='{match: ["#y"]}'), 7, 0, "y"),
    ("a test for a selector that is not there", rule(tests='{match: ["@y"]}'), 7, 0, "y"),
    ("a statement's word that is none", rule(dsa="{category: SPAM}"), 7, 21, "one of STATEMENT_CATEGORY_"),
    ("a statement's word without its beginning", rule(dsa="{category: self_harm}"), 7, 21,
     "write STATEMENT_CATEGORY_SELF_HARM"),
    ("a statement's word misspelt", rule(dsa="{source_type: SOURCE_VOLUNTERY}"), 7, 24,
     "did you mean SOURCE_VOLUNTARY?"),
    ("a statement's word twice", rule(dsa="{content_type: [CONTENT_TYPE_TEXT, CONTENT_TYPE_TEXT]}"), 7, 45, "twice"),
    ("a statement's list that is none", rule(dsa="{content_type: CONTENT_TYPE_TEXT}"), 7, 25,
     "write [CONTENT_TYPE_TEXT]"),
    ("a statement's text that is too long", rule(dsa="{illegal_content_legal_ground: %s}" % ("é" * 501)), 7, 41,
     "501 characters"),
    ("a statement's key that is none", rule(dsa="{categry: STATEMENT_CATEGORY_SELF_HARM}"), 7, 11,
     "did you mean `category`?"),
    ("a statement's key of another ground",
     rule(dsa="{decision_ground: DECISION_GROUND_ILLEGAL_CONTENT, incompatible_content_ground: Terms}"), 7, 90,
     "DECISION_GROUND_INCOMPATIBLE_CONTENT"),
    ("a statement that is no map", rule(dsa="[SELF_HARM]"), 7, 10, "`dsa` must be a map"),
    ("a statement of an order", HEAD + "orders: {o: {kind: policy, dsa: {automated_detection: true}}}\n" + RULE,
     2, 55, "Yes or No"),
    ("a file that is no YAML", "tagweir: 1\nrules: [\n", 0, 0, ""),
    ("a file that is no map", "- a\n", 1, 1, ""),
]


def message_of(done, name):
    """The first error: (line, column, text)."""
    found = re.search(rb"rules\.yaml:(\d+)(?::(\d+))?: (?:error|fatal): (.*)", done.err)
    assert found, f"{name}: no message with a place\n{done.text()}"
    return int(found[1]), int(found[2] or 0), found[3].decode()


def _add(name, text, line, column, words):
    def check():
        with weir.Folder() as folder:
            path = folder.write("rules.yaml", text)
            done = weir.expect(weir.run("check", path), 3)
            said = message_of(done, name)
            shown = f"{text}\n{done.err.decode()}"
            assert not line or said[0] == line, f"line {line} was expected, said {said[0]}\n{shown}"
            assert not column or said[1] == column, f"column {column} was expected, said {said[1]}\n{shown}"
            assert words.lower() in done.err.decode().lower(), f"{words!r} is not said\n{shown}"
            again = weir.run("replay", "--rules", path, "-", stdin=b'{"id":"1","author":"@x","hashtags":[]}\n')
            assert again.code == 3 and again.out == b"", again.text()

    globals()["test_" + re.sub(r"\W", "_", name)] = check


for row in MISTAKES:
    _add(*row)


def test_all_mistakes_are_told_in_one_run():
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rule(regions="[IND]", mode="test", priority="9000"))
        done = weir.expect(weir.run("check", path), 3)
        assert len(re.findall(rb": error: ", done.err)) == 3, done.text()


def test_the_line_and_a_caret_are_shown():
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rule(regions="[FR, IND]"))
        err = weir.expect(weir.run("check", path), 3).err.decode().split("\n")
        at = next(i for i, x in enumerate(err) if ":4:19: error: " in x)
        assert err[at + 1].strip() == "regions: [FR, IND]", err
        assert err[at + 2].index("^") == err[at + 1].index("IND"), err


def test_mistakes_in_list_files_have_their_place_there():
    with weir.Folder() as folder:
        folder.write("tags.txt", "# fine\n#farmers\n/(/\n")
        path = folder.write("rules.yaml", HEAD + "lists: {l: {hashtags: tags.txt}}\n" + rule(
            match="{hashtags: [{list: l}]}")[len(HEAD):])
        done = weir.expect(weir.run("check", path), 3)
        assert b"tags.txt:3:" in done.err, done.text()


def test_lines_of_list_files_that_are_more_than_an_entry_say_why():
    lines = {"@press # of the press": "a comment stands on a line of its own, \"# \" in front: write @press here",
             "\"@press\"": "stand without quotes: write @press", "“@press”": "stand without quotes: write @press",
             "- @press": "stand without \"- \": write @press", "/ab/  # x": "of its own, \"# \" in front: write /ab/ here",
             "id:1 # a": "write id:1 here", "@a, #b": "one entry a line"}
    with weir.Folder() as folder:
        folder.write("handles.txt", "\n".join(lines))
        path = folder.write("rules.yaml", HEAD + "lists: {l: {accounts: handles.txt}}\n" + rule(
            match="{accounts: [{list: l}]}")[len(HEAD):])
        done = weir.expect(weir.run("check", path), 3)
        told = done.err.decode().split("\n")
        for i, cure in enumerate(lines.values()):
            assert f"handles.txt:{i + 1}:1: error: " in told[i] and cure in told[i], told[i]


def test_csv_with_semicolons_says_what_to_save():
    for text, column, code in (("handle;why\n@a;x\n", "handle", 3), ("@a;x\n@b;y\n", None, 3),
                               ("handle\twhy\n@a\tx\n", "handle", 3), ("handle,why;\n@a,b;\n", "handle", 0),
                               ("/a;b/\n", None, 0), ("id:1 @a; or b\n", None, 0)):
        with weir.Folder() as folder:
            folder.write("handles.csv", text)
            which = f"{{file: handles.csv, column: {column}}}" if column else "handles.csv"
            path = folder.write("rules.yaml", HEAD + f"lists: {{l: {{accounts: {which}}}}}\n" + rule(
                match="{accounts: [{list: l}]}")[len(HEAD):])
            done = weir.expect(weir.run("check", path), code)
            mark = "tabs" if "\t" in text else "semicolons"
            told = f"handles.csv:1: error: the columns are parted by {mark} here, and a .csv file has commas: save"
            assert (told in done.err.decode()) == (code == 3), done.text()


def test_what_can_never_match_is_warned_of():
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rule(match="{hashtags: ['/^Farmers$|ﬁn/']}"))
        done = weir.run("check", path)
        assert done.code in (0, 1) and b"warning: " in done.err, done.text()


def test_statements_that_would_name_somebody_are_warned_of():
    for text, mark in [("Posts of @kisan_ekta", "@"), ("The tag #farmers", "#"), ("See id:1356247", "id:"),
                       ("By did:plc:one", "did:"), ("Ask a@example.org", "@")]:
        with weir.Folder() as folder:
            path = folder.write("rules.yaml", rule(dsa="{decision_facts: '%s'}" % text))
            done = weir.expect(weir.run("check", path))
            column = len("    dsa: {decision_facts: '") + text.index(mark) + 1
            assert f"rules.yaml:7:{column}: warning: statements of reasons are public".encode() in done.err, done.text()
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rule(dsa="{decision_facts: 'Section 4 # 1, a valid: one, C# and @ all'}"))
        assert b"no warnings" in weir.expect(weir.run("check", path)).out


def test_a_breaker_that_can_never_trip_is_warned_of():
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rule(action="allow", breaker="{per_minute: 5}"))
        done = weir.expect(weir.run("check", "--strict", path), 1)
        assert b"rules.yaml:7:14: warning: breakers count what is withheld or downranked" in done.err, done.text()


def test_warnings_change_the_exit_code_only_when_strict():
    with weir.Folder() as folder:
        good = folder.write("good.yaml", HEAD + RULE)
        odd = folder.write("rules.yaml", rule(rollout="0"))
        wrong = folder.write("wrong.yaml", rule(rollout="0", mode="test"))
        for args, code in (((odd,), 0), (("--strict", odd), 1), (("--strict", "--quiet", odd), 1),
                           (("--strict", "--json", odd), 1), (("--strict", good), 0),
                           (("--strict", wrong), 3), (("--strict", folder.path / "none.yaml"), 4)):
            weir.expect(weir.run("check", *args), code)
        done = weir.run("check", odd)
        assert b"rules.yaml:7:14: warning: a rollout of 0 " in done.err, done.text()
        assert b"no errors, 1 warning" in done.out, done.text()


def test_the_limits_of_looking_alike_are_as_the_readme_says():
    with weir.Folder() as folder:
        path = folder.write("rules.yaml", rule(
            fold="confusable", match="{hashtags: [hello, modern, sale, win]}",
            tests="{match: [he11o, HELLO, rnodern, hеllo], no_match: [heIlo, hell0, m0dern, 5ale, w1n, h3llo]}"))
        assert b"10 tests passed" in weir.expect(weir.run("check", "--strict", path)).out


def test_orders_whose_review_nobody_made_are_noted():
    order = "orders:\n  o: {kind: policy, served: 2021-01-01T00:00:00Z, review_by: %s%s}\n"
    was_due = "order `o`: review was due 2021-01-02T00:00:00Z: "
    lift = ", on_lapse: lift"
    with weir.Folder() as folder:
        for due, more, told in (("2021-01-02T00:00:00Z", "", "OVERDUE"), ("9021-01-02T00:00:00Z", "", None),
                                ("2021-01-02T00:00:00Z", ", confirmed: 2021-01-03T00:00:00Z", None),
                                ("2021-01-02T00:00:00Z", lift, "it has lapsed (on_lapse: lift)"),
                                ("9021-01-02T00:00:00Z", lift, None),
                                ("2021-01-02T00:00:00Z", lift + ", confirmed: 2021-01-03T00:00:00Z", None),
                                ("2021-01-02T00:00:00Z", lift + ", revoked: 2021-01-03T00:00:00Z", None)):
            path = folder.write("rules.yaml", HEAD + order % (due, more) + rule(order="o")[len(HEAD):])
            done = weir.expect(weir.run("check", "--strict", path))
            noted = told is not None
            assert (f"{path}:3: note: {was_due}{told}" in done.err.decode()) == noted == bool(done.err), done.text()
            assert done.out.decode().endswith("no errors, no warnings" + ", 1 note" * noted + "\n"), done.text()
            said = json.loads(weir.expect(weir.run("check", "--json", path)).out)
            assert [(x["severity"], x["file"], x["line"]) for x in said] == [("note", str(path), 3)] * noted, said
            assert all(was_due + told in x["message"] for x in said), said
            assert not weir.run("check", "--quiet", path).err


def test_examples_are_free_of_warnings():
    for example in sorted(weir.EXAMPLES.iterdir()):
        if example.is_dir():
            weir.expect(weir.run("check", "--strict", example))


def test_a_repeated_entry_of_a_list_file_names_the_first():
    with weir.Folder() as folder:
        folder.write("handles.csv", "handle,why\n@press,x\n\"@Press\",y\n")
        path = folder.write("rules.yaml", HEAD + "lists: {l: {accounts: {file: handles.csv, column: handle}}}\n"
                            + rule(match="{accounts: [{list: l}]}")[len(HEAD):])
        done = weir.expect(weir.run("check", path))
        assert b"handles.csv:3:2: warning: " in done.err and b"handles.csv:2:1" in done.err, done.text()


def test_files_of_a_folder_that_are_not_read_are_named():
    with weir.Folder() as folder:
        for name in ("b.yml", "A.YAML", "sub/c.Yml", "d.yaml.txt", "e.tws", ".hidden.yml", "notes.txt"):
            folder.write(name, HEAD + RULE)
        cure = ": this file is not read: rule files in a folder end in .yaml; rename it"
        told = [f"{folder.path}/{name}: warning" + cure for name in ("A.YAML", "b.yml", "d.yaml.txt", "sub/c.Yml")]
        told.append(f"{folder.path}/e.tws: warning: this compiled rule set is not read in a folder: name it by itself")
        told.sort(key=lambda line: [c for c in line])
        done = weir.expect(weir.run("check", folder.path), 4)
        assert [x for x in done.err.decode().split("\n") if "warning" in x] == told, done.text()
        assert f"{folder.path}: error: the folder has no rule files (*.yaml) in it, only" in done.err.decode()
        folder.write("a.yaml", HEAD + RULE)
        done = weir.expect(weir.run("check", folder.path))
        assert done.err.decode().split("\n")[:-1] == told, done.text()
        assert b"1 file, 1 rule," in done.out and b"no errors, 5 warnings" in done.out, done.text()


def test_what_begins_with_a_dot_is_not_read_in_a_folder():
    with weir.Folder() as folder:
        folder.write("..1/a.yaml", HEAD + RULE)
        folder.write(".git/b.yaml", "no rules")
        folder.write(".c.yaml", "no rules")
        os.symlink("..1", folder.path / "..data")
        os.symlink("..data/a.yaml", folder.path / "a.yaml")
        done = weir.expect(weir.run("check", folder.path))
        assert b"1 file, 1 rule," in done.out and not done.err, done.text()
        weir.expect(weir.run("check", folder.path / "..data"))


def test_a_link_to_nothing_among_rules_is_told():
    with weir.Folder() as folder:
        folder.write("a.yaml", HEAD + RULE)
        os.symlink("gone.yaml", folder.path / "b.yaml")
        os.symlink("gone.txt", folder.path / "c.txt")
        done = weir.expect(weir.run("check", folder.path), 4)
        assert b"b.yaml: error: cannot be read: a link to a file that is not there" in done.err, done.text()
        assert b"c.txt" not in done.err, done.text()


def test_a_folder_that_may_not_be_read_is_no_empty_one():
    told = "error: cannot be read: Permission denied: let the user who runs tagweir read and enter the folder"
    with weir.Folder() as folder:
        folder.path.chmod(0o755)
        folder.write("rules/a.yaml", HEAD + RULE)
        folder.write("rules/sub/b.yaml", HEAD + RULE.replace("id: a", "id: b"))
        rules, sub = folder.path / "rules", folder.path / "rules" / "sub"
        assert b"2 files, 2 rules," in weir.expect(weir.run_unprivileged("check", rules)).out
        for path, mode, named in ((sub, 0, sub), (sub, 0o444, sub / "b.yaml"), (rules, 0, rules)):
            path.chmod(mode)
            done = weir.run_unprivileged("check", rules)
            path.chmod(0o755)
            weir.expect(done, 4)
            assert f"{named}: {told}" in done.err.decode() and b"no rule files" not in done.err, done.text()
            assert b"1 error, " in done.out, done.text()


def test_a_list_given_as_rules_says_how_to_use_it():
    with weir.Folder() as folder:
        path = folder.write("tags.txt", "# fine\n#farmers\n#kisan*\n")
        done = weir.expect(weir.run("check", path), 3)
        assert b"tags.txt:2:1: error: this is not a rule file" in done.err, done.text()
        assert b"lists: {some_name: {hashtags: tags.txt}}" in done.err, done.text()


def test_the_schema_for_editors_has_the_words_of_statements():
    keys = json.loads((weir.ROOT / "rules" / "schema.json").read_text())["$defs"]["dsa"]["properties"]
    for key, about in keys.items():
        many = about.get("type") == "array"
        for word in about.get("items", about).get("enum", []):
            with weir.Folder() as folder:
                path = folder.write("rules.yaml", rule(dsa=f"{{{key}: {f'[{word}]' if many else word}}}"))
                weir.expect(weir.run("check", path))


def test_the_schema_for_editors_has_the_keys_that_the_program_reads():
    schema = json.loads((weir.ROOT / "rules" / "schema.json").read_text())
    order, of_rule = schema["$defs"]["order"], schema["$defs"]["rule"]
    cases = [(schema, "zzzzzz: 1\n" + RULE), (of_rule, rule(zzzzzz="1")[len(HEAD):]),
             (of_rule["properties"]["match"], rule(match="{zzzzzz: [a]}")[len(HEAD):]),
             (order, "orders:\n  o: {kind: policy, zzzzzz: 1}\n" + RULE),
             (schema["$defs"]["dsa"], rule(dsa="{zzzzzz: 1}")[len(HEAD):]),
             (schema["properties"]["lists"]["additionalProperties"],
              "lists:\n  l: {posts: [a], zzzzzz: 1}\n" + RULE)]
    for part, text in cases:
        with weir.Folder() as folder:
            done = weir.expect(weir.run("check", folder.write("rules.yaml", HEAD + text)), 3)
        said = re.search(r"it may have (.*)", done.err.decode())
        assert said, done.text()
        assert set(re.split(r", | or ", said[1])) == set(part["properties"]), said[1]


if __name__ == "__main__":
    tap.main()
