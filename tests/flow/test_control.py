"""Control: who is asked, what is refused, what trips; over the control socket and in the log."""
import gzip
import json
import os
import re
import signal
import socket
import threading
import time

import weir
from weir import own, tap

RULES = """tagweir: 1
{top}rules:
  - id: one
    regions: [IN]
    action: withhold
    {breaker}
    match:
      hashtags: ["#farmers"]
  - id: two
    regions: [FR]
    action: withhold
    match:
      hashtags: ["#protest"]
"""


def rules(breaker="", top=""):
    return RULES.format(breaker=breaker, top=top)


class Controlled(weir.Server):
    def __init__(self, folder, rules, args=(), clock="now"):
        (folder.path / "rules").mkdir(exist_ok=True)
        self.rules = folder.path / "rules" / "r.yaml"
        self.put(rules)
        self.control = f"unix:{folder.path}/control"
        super().__init__(rules=folder.path / "rules", clock=clock,
                         args=["--control", self.control, "--workers", "2", *args])

    def put(self, text):
        new = self.rules.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.rules)

    def ctl(self, *words, code=0):
        done = weir.expect(weir.run("ctl", "--control", self.control, *words), code)
        return (done.out if code == 0 else done.err).decode()

    def status(self):
        return json.loads(self.ctl("status", "--json"))

    def decide(self, *lines):
        answers = weir.ask(self.connect(), b"".join(lines))
        return [json.loads(x) for x in answers.splitlines()]


def adds_up(status):
    decided = status["withhold"] + status["downrank"] + status["allow"]
    assert decided == status["posts"] + status["queries"], status
    assert status["items"] == decided + status["skips"] + status["errors"] + \
        status["abandoned"] + status["in_flight"], status
    assert status["answers"] == status["delivered"] + status["discarded"] + status["unsent"], status


def test_a_status_adds_up():
    with weir.Folder() as folder, Controlled(folder, rules()) as server:
        server.decide(own(1, "farmers"), own(2), b"bad\n", b'{"query":{"hashtag":"farmers"}}\n')
        status = server.status()
        text = server.ctl("status")
    adds_up(status)
    assert (status["posts"], status["queries"], status["errors"]) == (2, 1, 1), status
    assert status["withhold"] == 2 and status["rules"] == 2, status
    assert "2 posts, 1 queries, 0 skips, 1 errors" in text, text


def test_reload_and_rollback_tell_how_they_went():
    with weir.Folder() as folder, Controlled(folder, rules()) as server:
        first = server.status()["ruleset"]
        assert "are what they were" in server.ctl("reload")
        assert "no other rules" in server.ctl("rollback", code=1)
        server.put(rules().replace("#protest", "#march"))
        assert "reloaded: ruleset" in server.ctl("reload")
        second = server.status()["ruleset"]
        server.put(rules().replace("withhold", "delete"))
        said = server.ctl("reload", code=1)
        assert "r.yaml:5:" in said and "nothing has changed" in said, said
        status = server.status()
        assert status["ruleset"] == second and status["last_reload"]["ok"] is False, status
        assert "rolled back" in server.ctl("rollback")
        assert server.status()["ruleset"] == first != second
        assert "rolled back" in server.ctl("rollback")
        assert server.status()["ruleset"] == second
        assert "nothing has changed" in server.said() and "rolled back" in server.said()


def test_a_list_that_shrank_is_refused_unless_accepted():
    top = "lists:\n  many: {hashtags: many.txt}\n"
    text = rules(top=top).replace('["#protest"]', "[{list: many}]")
    with weir.Folder() as folder:
        (folder.path / "rules").mkdir()
        entries = [f"#tag{i}\n" for i in range(400)]
        folder.write("rules/many.txt", "".join(entries))
        with Controlled(folder, text) as server:
            first = server.status()["ruleset"]
            folder.write("rules/many.txt", "".join(entries[:201]))
            assert "reloaded" in server.ctl("reload")
            folder.write("rules/many.txt", "".join(entries[:100]))
            said = server.ctl("reload", code=1)
            assert "list many has 100 entries, and had 201" in said, said
            assert "--accept-shrink" in said and server.status()["ruleset"] != first, said
            server.process.send_signal(signal.SIGHUP)
            assert "reloaded" in server.ctl("reload", "--accept-shrink")
            folder.write("rules/many.txt", "".join(entries[:5]))  # less than 100 are gone
            assert "reloaded" in server.ctl("reload")


def test_a_dry_run_tells_what_would_come_of_it():
    with weir.Folder() as folder, Controlled(folder, rules(), clock=weir.CLOCK) as server:
        first = server.status()["ruleset"]
        feed = folder.write("feed.ndjson", own(1, "farmers") + own(2, "march") + b"bad\n" +
                            own(3, "march")[:-1])
        server.put(rules().replace("#protest", "#march"))
        assert "could be loaded" in server.ctl("reload", "--dry-run")
        said = server.ctl("reload", "--dry-run", "--feed", feed)
        assert "4 lines, 3 posts, 0 queries, 0 skips, 1 errors: 2 would be answered otherwise" in said, said
        assert "withhold 3 (now 1), downrank 0 (now 0), allow 0 (now 2)" in said, said
        assert "\nchanges: 2 newly withheld\n" in said, said
        assert said.count("\n- ") == said.count("\n+ ") == 2 and "march" in said, said
        status = server.status()
        assert status["ruleset"] == first and "last_reload" not in status, status
        server.put(rules().replace("withhold", "delete"))
        said = server.ctl("reload", "--dry-run", code=1)
        assert "dry run refused" in said and "r.yaml:5:" in said, said
        assert "/nowhere" in server.ctl("reload", "--dry-run", "--feed", "/nowhere", code=4)


def test_a_dry_run_counts_what_readers_of_answers_would_see():
    quoting = json.dumps({"id": "1", "author": "@reader", "quotes": {"id": "2", "author": "@b", "hashtags": ["farmers"]}}).encode() + b"\n"
    with weir.Folder() as folder, Controlled(folder, rules(), clock=weir.CLOCK) as server:
        feed = folder.write("feed.ndjson", quoting + own(3, "farmers"))
        server.put(rules().replace("#protest", "#march"))  # another rule set, that says the same of these
        said = server.ctl("reload", "--dry-run", "--feed", feed)
        assert "2 posts, 0 queries, 0 skips, 0 errors: 0 would be answered otherwise" in said and "\n- " not in said, said
        server.put(rules().replace("#farmers", "#march"))  # what is done to a quoted post is another record's
        said = server.ctl("reload", "--dry-run", "--feed", feed)
        assert "2 would be answered otherwise" in said, said
        assert "changes: 1 no longer withheld, 1 only in what they quote or name\n" in said, said


def test_a_dry_run_of_what_cannot_be_read_is_no_all_clear():
    with weir.Folder() as folder, Controlled(folder, rules(), clock=weir.CLOCK) as server:
        server.put(rules().replace("#farmers", "#march"))
        for name, content in (("f.gz", gzip.compress(own(1, "farmers") * 1000)), ("f.txt", b"no feed\n")):
            feed = folder.write(name, content)
            said = server.ctl("reload", "--dry-run", "--feed", feed, code=1)
            assert f"{feed}: none of its " in said and "could be read" in said and "tagweir diff" in said, said
            assert "dry run refused, nothing has changed" in said and "could be loaded" not in said, said
        for content in b"", b'{"delete":{"status":{"id":1}}}\n':
            server.ctl("reload", "--dry-run", "--feed", folder.write("f", content))


def test_other_sockets_than_that_of_control_are_told_by_what_they_answer():
    with weir.Folder() as folder:
        web = f"unix:{folder.path}/web"
        with Controlled(folder, rules(), args=["--http", web]) as server:
            for address, said in (("unix:" + server.path, "posts are answered there"), (web, "HTTP is spoken there")):
                for word in "status", "reload":  # which has all the time in the world
                    done = weir.expect(weir.run("ctl", "--control", address, word, timeout=60), 4)
                    assert said in done.err.decode() and not done.out and b"bad_json" not in done.err, done.text()


def test_an_option_that_a_word_has_no_use_for_is_refused():
    with weir.Folder() as folder, Controlled(folder, rules()) as server:
        feed = folder.write("feed.ndjson", own(1, "farmers"))
        server.put(rules().replace("#protest", "#march"))
        server.ctl("reload")
        first = server.status()
        server.put(rules().replace("#protest", "#rally"))
        for words, told in (
                (["reload", "--feed", feed], f"write `reload --dry-run --feed {feed}`, or leave it out"),
                (["rollback", "--dry-run"], "`rollback` has no --dry-run: leave it out, or write `reload --dry-run`"),
                (["rollback", "--feed", feed], "`rollback` has no --feed"),
                (["rollback", "--accept-shrink"], "`rollback` has no --accept-shrink"),
                (["rollback", "--json"], "`rollback` has no --json: leave it out, or write `status --json`"),
                (["status", "--dry-run", "--accept-shrink"], "`status` has no --dry-run"),
                (["status", "--accept-shrink"], "`status` has no --accept-shrink"),
                (["status", "--feed", feed], "`status` has no --feed"),
                (["reset", "one", "--dry-run"], "`reset` has no --dry-run"),
                (["reload", "--json"], "`reload` has no --json"),
                (["reload", "--dry-run", "--json"], "`reload` has no --json"),
                (["reload", "--dry-run", "--accept-shrink"], "a dry run accepts no list that has shrunk")):
            said = server.ctl(*words, code=2)
            assert told in said and "ctl --help" in said, f"{words}: {said}"
        for key in "ruleset", "last_reload":
            assert server.status()[key] == first[key], "something was done all the same"


def test_the_log_says_who_has_changed_the_rules_and_when():
    with weir.Folder() as folder, Controlled(folder, rules(), args=["--log-times"]) as server:
        was = server.status()["ruleset"][:16]
        server.put(rules().replace("#protest", "#march"))
        server.ctl("reload")
        now = server.status()["ruleset"][:16]
        server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + weir.PATIENCE_S
        while "asked for by SIGHUP" not in server.said():
            assert time.monotonic() < end, server.said()
            time.sleep(0.02)
        said = server.said()
        when = r"tagweir: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ "
        assert re.search(rf"^{when}reloaded: ruleset {now} .* in place of {was}; compiled in .*; "
                         rf"asked for by user {os.getuid()} \(process \d+\)$", said, re.M), said
        assert re.search(rf"^{when}reload: the rules are what they were .*; asked for by SIGHUP$", said, re.M), said


def test_tls_that_nobody_would_speak_is_refused():
    for args, told in ((["--listen", "127.0.0.1:0", "--tls-key", "key.pem"], "say --tls-cert FILE"),
                       (["--listen", "127.0.0.1:0", "--tls-client-ca", "ca.pem"], "say --tls-cert FILE"),
                       (["--listen", "unix:/nowhere/s", "--tls-cert", "c.pem"], "each --listen is a Unix socket")):
        done = weir.expect(weir.run("serve", "--rules", weir.INDIA, *args), 2)
        assert told in done.err.decode(), done.text()


def test_a_breaker_that_trips_only_alerts():
    with weir.Folder() as folder, Controlled(folder, rules("breaker: {per_minute: 3}")) as server:
        for n in range(3):
            assert "breaker" not in server.decide(own(n, "farmers"))[0]
        server.decide(own(4, "farmers"))
        record = server.decide(own(5, "farmers"))[0]
        assert record["breaker"] == ["one"] and record["action"] == "withhold", record
        assert "breaker" not in server.decide(own(6, "protest"))[0]
        assert [t["rule"] for t in server.status()["tripped"]] == ["one"]
        said = server.said()
        assert said.count("breaker of rule one has tripped: 4 posts") == 1, said


def test_a_breaker_may_only_observe_until_it_is_reset():
    then = "breaker: {per_minute: 3, then: observe}"
    with weir.Folder() as folder, Controlled(folder, rules(then)) as server:
        for n in range(4):
            server.decide(own(n, "farmers"))
        record = server.decide(own(5, "farmers"))[0]
        assert record["action"] == "allow" and record["observed"] == ["one"], record
        assert record["breaker"] == ["one"], record
        server.put(rules(then).replace("#protest", "#march"))
        server.ctl("reload")
        assert server.decide(own(6, "farmers"))[0]["action"] == "allow", "a reload is no reset"
        assert "no such breaker" in server.ctl("reset", "two", code=1)
        server.ctl("reset", "one")
        record = server.decide(own(7, "farmers"))[0]
        assert record["action"] == "withhold" and "breaker" not in record, record
        assert server.status()["tripped"] == []
        assert "breaker of rule one was reset by user " in server.said()


def test_the_set_has_a_breaker_too():
    with weir.Folder() as folder, \
            Controlled(folder, rules(top="breaker: {per_minute: 5}\n")) as server:
        for n in range(6):
            server.decide(own(n, "farmers" if n % 2 else "protest"))
        record = server.decide(own(7, "farmers"))[0]
        assert record["breaker"] == ["*"] and record["action"] == "withhold", record
        assert "breaker of the whole set has tripped" in server.said()
        said = server.ctl("reset", "", code=2)
        assert "`set` is that of the whole set, `*` is all of them" in said, said
        s = server.connect(server.control)
        s.sendall(b"reset \n")
        assert weir.read_all(s).startswith(b"refused\nreset which breaker?"), "no name is no breaker's"
        assert server.decide(own(8, "farmers"))[0]["breaker"] == ["*"]
        server.ctl("reset", "*")
        assert "breaker" not in server.decide(own(9, "farmers"))[0]


def test_the_breaker_of_the_set_is_reset_by_its_name():
    with weir.Folder() as folder, \
            Controlled(folder, rules("breaker: {per_minute: 3}", "breaker: {per_minute: 5}\n")) as server:
        for n in range(12):  # a minute may end between
            server.decide(own(n, "farmers"))
        record = server.decide(own(12, "farmers"))[0]
        assert record.get("breaker") == ["*", "one"], record
        server.ctl("reset", "set")
        record = server.decide(own(13, "farmers"))[0]
        assert record["breaker"] == ["one"], record


def test_a_share_is_looked_at_from_1000_posts_on():
    with weir.Folder() as folder, \
            Controlled(folder, rules("breaker: {share: 0.5}")) as server:
        server.decide(*[own(n, "farmers") for n in range(300)])
        assert server.status()["tripped"] == []
        server.decide(*[own(n) for n in range(400)], *[own(n, "farmers") for n in range(700)])
        for n in range(3):
            server.decide(own(n, "farmers"))
        tripped = server.status()["tripped"]
    minute = time.gmtime().tm_sec
    assert [t["rule"] for t in tripped] == ["one"] or minute < 10, tripped


def test_a_share_below_its_cap_trips_nothing():
    """Who decides in batches may not count posts later than what is done to them."""
    with weir.Folder() as folder, Controlled(folder, rules("breaker: {share: 0.12, then: observe}")) as server:
        for _ in range(3):
            records = server.decide(*(own(n, *(["farmers"] if n % 10 == 0 else ["x"])) for n in range(20_000)))
            assert [r["action"] for r in records].count("withhold") == 2000
        assert server.status()["tripped"] == [], server.said()


def test_quoted_posts_count_for_breakers_and_queries_do_not():
    quoting = json.dumps({"id": "9", "author": "@reader", "quotes": json.loads(own(1, "farmers"))}).encode() + b"\n"
    asking = b'{"query":{"hashtag":"#farmers","at":"2001-01-01T00:00:00Z"}}\n{"query":{"hashtag":"#farmers"}}\n'
    with weir.Folder() as folder, Controlled(folder, rules("breaker: {per_minute: 20, then: observe}")) as server:
        records = server.decide(asking * 100)
        assert [r["action"] for r in records] == ["withhold"] * 200, records[0]
        assert server.status()["tripped"] == []
        records = server.decide(quoting * 100)
        assert {r["action"] for r in records} == {"allow"}, "nothing is done to who quotes"
        assert records[0]["quoted"]["action"] == "withhold", records[0]
        assert [t["rule"] for t in server.status()["tripped"]] == ["one"]


def test_a_reload_goes_on_with_the_minute():
    """At most one minute ends in between, so that more than the cap are in one of them."""
    text = rules("breaker: {per_minute: 8, then: observe}")
    with weir.Folder() as folder, Controlled(folder, text) as server:
        for n in range(9):
            server.decide(own(1, "farmers"), own(2, "farmers"))
            server.put(text.replace("#protest", f"#march{n}"))
            server.ctl("reload")
        assert [t["rule"] for t in server.status()["tripped"]] == ["one"], server.said()
        assert server.decide(own(3, "farmers"))[0]["breaker"] == ["one"]


def test_trips_are_what_the_rules_make_of_them():
    observe, alert, none = "breaker: {per_minute: 3, then: observe}", "breaker: {per_minute: 3}", ""

    def load(server, breaker):
        server.put(rules(breaker))
        server.ctl("reload")
        record = server.decide(own(9, "farmers"))[0]
        return [t["then"] for t in server.status()["tripped"]], record["action"], record.get("breaker")

    with weir.Folder() as folder, Controlled(folder, rules(observe)) as server:
        for _ in range(2):  # a minute may end between them
            server.decide(*(own(n, "farmers") for n in range(4)))
        assert load(server, alert) == (["alert"], "withhold", ["one"])
        assert "breaker of rule one is still tripped, but the rules that are loaded now" in server.said()
        assert load(server, observe) == ([], "withhold", None)
        assert "breaker of rule one is no longer tripped: by the rules that are loaded now" in server.said()
        for _ in range(2):
            server.decide(*(own(n, "farmers") for n in range(4)))
        assert server.decide(own(1, "farmers"))[0]["action"] == "allow"
        assert load(server, none) == ([], "withhold", None)
        assert "breaker of rule one is no longer tripped: the rules that are loaded now have no such breaker" \
            in server.said()


def test_orders_begin_and_end_while_it_runs():
    now = time.time()

    def at(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + seconds))

    text = f"""tagweir: 1
orders:
  late:
    authority: Ministry
    kind: emergency
    served: {at(-3600)}
    review_by: {at(4)}
    on_lapse: lift
  held:
    authority: Court
    kind: emergency
    served: {at(-3600)}
    review_by: {at(3)}
    on_lapse: hold
rules:
  - id: one
    order: late
    regions: [IN]
    action: withhold
    match: {{hashtags: ["#farmers"]}}
"""
    with weir.Folder() as folder, Controlled(folder, text) as server:
        if time.time() > now + 3:
            raise tap.Skip("this machine took three seconds to start the server")
        assert server.decide(own(1, "farmers"))[0]["action"] == "withhold"
        end = time.monotonic() + 60
        while "order late has lapsed" not in server.said() and time.monotonic() < end:
            time.sleep(0.05)
        said = server.said()
        assert "emergency order late has lapsed" in said, said
        assert "emergency order held goes on although its review is overdue" in said, said
        assert server.decide(own(2, "farmers"))[0]["action"] == "allow"
        assert server.status()["overdue"] == 1


def test_reviews_stand_as_they_do_when_posts_are_decided():
    text = """tagweir: 1
orders:
  held: {kind: emergency, served: 2021-02-01T06:00:00Z, review_by: 2021-02-03T06:00:00Z}
rules:
  - {id: tag, order: held, regions: [IN], action: withhold, match: {hashtags: ["#farmers"]}}
"""
    for clock, overdue in (("2021-02-01T07:00:00Z", 0), ("2021-02-03T05:59:59.999Z", 0),
                           ("2021-02-03T06:00:01Z", 1), ("now", 1), ("created", 1)):
        with weir.Folder() as folder, \
                Controlled(folder, text, ["--http", f"unix:{folder.path}/http"], clock) as server:
            http = f"unix:{folder.path}/http"
            assert server.status()["overdue"] == overdue, clock
            assert ("OVERDUE" in server.ctl("status")) == bool(overdue), clock
            s = server.connect(http)
            s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            assert b"\ntagweir_orders_overdue %d\n" % overdue in weir.read_all(s), clock


def test_what_is_no_request_is_refused():
    with weir.Folder() as folder, Controlled(folder, rules()) as server:
        s = server.connect(server.control)
        s.sendall(b"frobnicate\n")
        assert weir.read_all(s).startswith(b"refused\nexpected status"), "an unknown word"
        s = server.connect(server.control)
        s.sendall(b"x" * 4096)
        assert weir.read_all(s).startswith(b"refused\n"), "a long line"
        s = server.connect(server.control)
        s.close()
        assert oct(os.stat(server.control[5:]).st_mode & 0o777) == "0o600"
        adds_up(server.status())
    done = weir.run("ctl", "--control", "unix:/nowhere", "status")
    assert done.code == 4 and b"no server answers there" in done.err, done.text()
    assert weir.run("ctl", "status").code == 2


def test_what_comes_behind_a_request_does_not_cost_its_answer():
    with weir.Folder() as folder, Controlled(folder, rules()) as server:
        for request, told in ((b"x" * 900000, b"refused\nthe line is too long\n"),
                              (b"status\n" + b"y" * 900000, b"done\n"), (b"reset \nstatus\n", b"refused\n")):
            s = server.connect(server.control)
            s.sendall(request)
            assert weir.read_all(s).startswith(told), request[:20]
            s.close()
        said = server.ctl("reset", "x" * 5000, code=1)
        assert "the line is too long" in said, said
        for piece, pause in ((b"x" * 65536, 0), (b"x", 0.2)):  # not for ever: it has an end, and a time
            s = server.connect(server.control)
            s.sendall(b"status\n")
            assert weir.read_all(s).startswith(b"done\n")
            end = time.monotonic() + weir.PATIENCE_S
            try:
                while time.monotonic() < end:
                    s.sendall(piece)
                    time.sleep(pause)
                assert False, "it reads whatever comes"
            except (BrokenPipeError, ConnectionResetError):
                pass
        adds_up(server.status())


def test_ctl_tells_what_came_before_the_connection_broke():
    with weir.Folder() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder.path}/control")
        listener.listen()

        def answer():
            s = listener.accept()[0]
            s.sendall(b"refused\nthat is")
            s.close()  # with a request that was not read

        thread = threading.Thread(target=answer)
        thread.start()
        done = weir.run("ctl", "--control", f"unix:{folder.path}/control", "reload")
        thread.join()
    assert done.code == 4 and b"that is" in done.err and b"the connection broke" in done.err, done.text()


def test_control_is_by_a_unix_socket_only():
    """TCP has no permissions: whoever is on the machine could take orders out of force."""
    with weir.Folder() as folder:
        for address in "127.0.0.1:0", "localhost:7", f"{folder.path}/control":
            done = weir.run("serve", "--rules", weir.INDIA, "--listen", f"unix:{folder.path}/s",
                            "--control", address, timeout=60)
            assert done.code == 2, done.text()
            assert f"--control {address}: only a Unix socket will do".encode() in done.err, done.text()
            assert b"expected unix:PATH" in done.err and b"listening" not in done.err, done.text()
            assert os.listdir(folder.path) == [], "something was left"


if __name__ == "__main__":
    tap.main()
