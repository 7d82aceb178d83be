"""HTTP: what may be asked, and what is counted; by Python's http.client, bare sockets and curl."""
import http.client
import json
import os
import shutil
import subprocess
import threading
import time
from urllib.parse import quote

import prometheus
import weir
from weir import own, tap
from web import RULES, SAMPLE, SLOW, Answer, Http, Own, check_law, is_error, slow_posts, wait


# Health ------------------------------------------------------------------------------------------


def test_it_lives_and_is_ready():
    with Own() as server:
        alive, ready = server.ask("/healthz"), server.ask("/readyz")
        assert (alive.code, ready.code) == (200, 200), ready.text()
        assert ready.json()["ready"] is True and "last_reload" not in ready.json(), ready.text()
        server.put(RULES.replace("withhold", "SECRETaction", 1))
        server.reload("reload refused")
        ready = server.ask("/readyz")
        assert ready.code == 200 and ready.json()["last_reload"]["ok"] is False, ready.text()
        assert "SECRET" not in ready.body.decode() and "the log says why" in ready.body.decode()
        m = server.scrape()
        assert m("tagweir_last_reload_successful") == 0
        assert m("tagweir_reloads_total", result="refused") == 1
        assert m("tagweir_last_reload_success_timestamp_seconds") == m("process_start_time_seconds")


def test_while_draining_it_is_not_ready():
    page = b"".join(own(n, "one") for n in range(20000))
    with Own(args=("--drain", "60")) as server:
        s = server.connect()
        s.settimeout(0.2)
        try:
            while True:
                s.sendall(page)  # until it reads no more, because no answer is read
        except TimeoutError:
            pass
        server.process.terminate()
        wait(lambda: "SIGTERM" in server.said(), server.said)
        assert "about to end" in is_error(server.ask("/readyz"), 503, "draining")
        assert server.ask("/healthz").code == 200
        is_error(server.ask("/v1/hashtags/one"), 503, "draining")
        is_error(server.ask("/v1/decide", "POST", own(1)), 503, "draining")
        check_law(server.scrape())
        s.close()
        assert server.stop() == 0, server.said()
        assert not os.path.exists(server.web), "the socket file is removed"


# Decisions ---------------------------------------------------------------------------------------


def test_a_body_gets_what_a_stream_gets():
    bad = SAMPLE + b"{bad\n\n" + own(7, "x")[:-1]
    with Http() as server:
        wanted = weir.ask(server.connect(), bad)
        answer = server.decide(bad)
        assert answer.body == wanted and b'"error":"bad_json","line":' in wanted
        assert answer.headers["Content-Type"] == "application/x-ndjson", answer.text()
        s = server.bare()  # that asks for its consent first
        s.sendall(b"POST /v1/decide HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(bad))
        assert s.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(bad)
        response = http.client.HTTPResponse(s)
        response.begin()
        assert Answer(response).body == wanted
        one = server.decide(own(1, "ModiPlanningFarmerGenocide"))
        assert len(one.lines()) == 1 and one.json()["action"] == "downrank", one.text()
        assert server.decide(b"\n \n").body == b"", "blank lines are owed no answer"
        is_error(server.ask("/v1/decide", "POST", b""), 400, "no_body")
        old = server.bare()
        old.sendall(b"POST /v1/decide HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(bad), bad))
        head, _, body = weir.read_all(old).partition(b"\r\n\r\n")
        assert body == wanted and b"chunked" not in head, head
        check_law(server.scrape())


def test_large_bodies_are_answered_in_parts():
    """A page of many posts, and many lines; both are much more than is answered in one turn."""
    page = json.dumps({"data": [{"id": str(n), "author_id": "1", "text": "",
                                 "entities": {"hashtags": [{"tag": "one"}]}} for n in range(9000)]})
    lines = b"".join(own(n, "one", "two", "three") for n in range(12000))
    with Own() as server:
        answers = {}

        def ask(name, body):
            answers[name] = server.decide(body)

        threads = [threading.Thread(target=ask, args=x) for x in (("page", page.encode()), ("lines", lines))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for name, n in (("page", 9000), ("lines", 12000)):
            got = [json.loads(x) for x in answers[name].lines()]
            assert [x["post"] for x in got] == [str(i) for i in range(n)], name
            assert answers[name].headers["Transfer-Encoding"] == "chunked"
        assert answers["lines"].body == weir.ask(server.connect(), lines)
        m = server.scrape()
        check_law(m)
        assert m("tagweir_answers_total", result="delivered") == 33000, m.text
        assert m("tagweir_items_in_flight") == m("tagweir_answers_unsent") == m("tagweir_held_bytes") == 0


def test_others_do_not_wait_for_a_large_body():
    """At least once in five times a few requests are answered while it is decided."""
    body = slow_posts(1800)
    with Own(SLOW) as server:
        for n in range(1, 6):
            done = []
            t = threading.Thread(target=lambda: done.append(server.decide(body)))
            t.start()
            wait(lambda: server.scrape()("tagweir_http_answers_total", path="/v1/decide", code="200") == n)
            for _ in range(3):
                assert server.ask("/healthz").code == 200
            meanwhile = not done
            t.join()
            assert len(done) == 1 and len(done[0].lines()) == 1800
            if meanwhile:
                break
        assert meanwhile, "they were answered afterwards only"
        check_law(server.scrape())


# Own policy as well.
WITH_POLICY = RULES + "  - {id: policy, regions: [XX], action: withhold, match: {hashtags: ['#policy']}}\n"


# Queries -----------------------------------------------------------------------------------------


def of_stream(server, query):
    return weir.ask(server.connect(), json.dumps({"query": query}, ensure_ascii=False).encode() + b"\n")


def test_queries_get_what_a_stream_gets():
    with Own() as server:
        for kind, path, value, more in (
                ("hashtag", "hashtags", "one", {}), ("hashtag", "hashtags", "fÖö", {"region": "IN"}),
                ("hashtag", "hashtags", "#one", {"region": "UK"}), ("hashtag", "hashtags", "a/b?c", {}),
                ("hashtag", "hashtags", "a+b", {}), ("hashtag", "hashtags", "農民", {}),
                ("account", "accounts", "@reader", {}), ("account", "accounts", "id:5", {"region": "XX"}),
                ("account", "accounts", "did:plc:z72i7h", {}),
                ("hashtag", "hashtags", "one", {"at": "2020-12-31T05:30:00+05:30"}),
                ("hashtag", "hashtags", "one", {"region": "IN", "at": "2021-01-01T00:00:00.000Z"})):
            params = "&".join(f"{k}={quote(v)}" for k, v in more.items())
            answer = server.ask(f"/v1/{path}/{quote(value, safe='')}" + ("?" + params if params else ""))
            assert answer.body == of_stream(server, {kind: value, **more}), answer.text()
            withheld = answer.json()["action"] == "withhold"
            assert answer.code == (451 if withheld else 200), answer.text()
        plus = server.ask("/v1/hashtags/one?at=2020-12-31T05:30:00+05:30")
        assert plus.code == 200 and plus.json()["at"] == "2020-12-31T00:00:00Z", plus.text()
        raw = server.bare()
        raw.sendall("GET /v1/hashtags/fÖö?region=IN HTTP/1.0\r\n\r\n".encode())
        assert weir.read_all(raw).startswith(b"HTTP/1.0 451 "), "as bytes, without escapes"
        check_law(server.scrape())


def test_bad_queries_are_400():
    with Own() as server:
        for path, code in (("hashtags/one?region=QQ", "bad_query"), ("hashtags/one?at=yesterday", "bad_query"),
                           ("hashtags/", "bad_query"), ("hashtags/%23", "bad_query"),
                           ("accounts/a%20b", "bad_query"), ("hashtags/%C3", "bad_utf8"),
                           ("hashtags/%ED%A0%80", "bad_utf8")):
            answer = server.ask("/v1/" + path)
            assert answer.code == 400 and answer.json()["error"] == code and answer.json()["v"] == 1, answer.text()
        for path, word in (("hashtags/a%", "bad_path"), ("hashtags/a%4", "bad_path"), ("hashtags/%zz", "bad_path"),
                           ("hashtags/one#two", "bad_path"), ("hashtags/one?regoin=IN", "bad_parameter"),
                           ("hashtags/one?region=IN&region=FR", "bad_parameter"),
                           ("hashtags/one?region", "bad_parameter"), ("hashtags/one?region=", "bad_parameter"),
                           ("hashtags/one?&", "bad_parameter"), ("hashtags/one?at=%2", "bad_parameter")):
            s = server.bare()
            s.sendall(f"GET /v1/{path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
            response = http.client.HTTPResponse(s)
            response.begin()
            is_error(Answer(response), 400, word)
        m = server.scrape()
        check_law(m)
        assert m("tagweir_errors_total", code="bad_query") == 5, m.text
        assert m("tagweir_http_answers_total", path="/v1/accounts/{handle}", code="400") == 1
    with Own(clock="created") as server:
        answer = server.ask("/v1/hashtags/one")
        assert answer.code == 400 and answer.json()["error"] == "no_time", answer.text()


def test_451_names_who_is_to_be_named():
    notice = '<https://lumen.example/notices/1?a=b>; rel="describedby"'
    us = '<https://example.org/legal?x=1&y=(2)>; rel="blocked-by"'
    cases = (("one", 451, notice), ("one?region=IN", 451, notice), ("one?region=DE", 200, None), ("two", 451, None),
             ("two?region=IN", 200, None), ("three?region=DE", 451, None), ("three", 451, None), ("five", 451, None),
             ("five?region=DE", 451, None), ("six", 200, None), ("nothing", 200, None), ("policy", 451, None),
             ("one?region=QQ", 400, None))
    for args in ((), ("--blocked-by", "https://example.org/legal?x=1&y=(2)")):
        with Own(WITH_POLICY, args=args) as server:
            for path, code, told in cases:
                link = ", ".join(x for x in (us if args and code == 451 else None, told) if x) or None
                for method in ("GET", "HEAD"):
                    answer = server.ask("/v1/hashtags/" + path, method)
                    assert (answer.code, answer.headers["Link"]) == (code, link), answer.text()
                    assert (len(answer.body) > 0) == (method == "GET"), answer.text()
                assert server.ask("/v1/hashtags/" + path, "HEAD").headers["Content-Length"] == \
                    server.ask("/v1/hashtags/" + path).headers["Content-Length"]


def test_who_withholds_is_a_url():
    with weir.Folder() as folder:
        start = ("serve", "--rules", weir.INDIA, "--listen", f"unix:{folder.path}/s", "--blocked-by")
        for bad in ("", "example.org", "ftp://example.org/", "https://", "https://a/>; rel=x", "https://a/ b",
                    "https://a/\r\nX: y", "https://ä/"):
            done = weir.run(*start, bad, timeout=60)
            assert done.code == 2 and b"--blocked-by" in done.err and b"http:// or https://" in done.err, done.text()


# Rules and orders --------------------------------------------------------------------------------


def test_rules_and_orders_are_told_of():
    with Own() as server:
        told = server.ask("/v1/rules").json()
        rules = {r["id"]: r for r in told["rules"]}
        assert list(rules) == ["one", "two", "three", "four", "five", "six", "seven", "eight"], rules
        assert rules["one"] == {"id": "one", "order": "notice-is-a-link", "action": "withhold", "mode": "enforce",
                                "regions": ["FR", "IN"], "in_force": True, "since": "2021-01-01T00:00:00Z"}
        assert rules["four"] == {"id": "four", "order": "hidden", "confidential": True}
        assert rules["six"]["regions"] == ["XX"] and rules["six"]["except_regions"] == ["FR"], rules
        assert rules["seven"]["regions"] == 27 and "order" not in rules["eight"], rules
        assert told["ruleset"] in server.scrape().labels("tagweir_ruleset_info", "digest")
        order = server.ask("/v1/orders/notice-is-a-link").json()
        assert order["notice"].startswith("https://lumen") and order["reference"] == "12/2021", order
        assert server.ask("/v1/orders/hidden").json() == {"v": 1, "id": "hidden", "confidential": True}
        assert server.ask("/v1/orders/over%64ue").json()["review"] == "overdue"
        is_error(server.ask("/v1/orders/nobody"), 404, "no_such_order")
        is_error(server.ask("/v1/orders/"), 404, "no_such_order")


def test_many_rules_are_told_of_in_parts():
    many = "tagweir: 1\nrules:\n" + "".join(
        f"  - {{id: r{n}, regions: [XX], action: withhold, match: {{hashtags: ['#t{n}']}}}}\n" for n in range(5000))
    with Own(many) as server:
        told = server.ask("/v1/rules")
        assert [r["id"] for r in told.json()["rules"]] == [f"r{n}" for n in range(5000)]
        assert told.headers["Transfer-Encoding"] == "chunked"
        head = server.ask("/v1/rules", "HEAD")
        assert (head.code, head.body) == (200, b""), head.text()
        for n in range(0, 5000, 10):
            assert server.ask(f"/v1/hashtags/t{n}").code == 451
        m = server.scrape()
        assert m("tagweir_rule_hits_total", rule="r4990", effect="withheld") == 1
        assert len(set(m.labels("tagweir_rule_hits_total", "rule"))) == 500
        assert m("tagweir_region_decisions_total", region="XX", action="withhold") == 500


def test_what_is_confidential_leaks_nowhere():
    with Own() as server:
        posts = [own(n, tag) for n, tag in enumerate(("one", "five", "six", "seven", "nothing"))]
        said = [server.decide(*posts).body]
        for path in ("/metrics", "/healthz", "/readyz", "/v1/rules", "/v1/orders/hidden", "/v1/orders/none", "/",
                     "/v1/decide", "/v1/orders/hidden/", "/v1/orders", "/v1/hashtags/five",
                     "/v1/hashtags/five?region=DE", "/v1/hashtags/five?region=QQ", "/v1/accounts/@reader"):
            for method in ("GET", "HEAD", "OPTIONS", "PUT"):
                answer = server.ask(path, method)
                said.append(str(answer.headers).encode() + answer.body)
        server.put(RULES.replace("regions: [DE]", "regions: [SECRETland]"))
        server.reload("reload refused")
        said += [server.ask(path).body for path in ("/readyz", "/metrics")]
        everything = b"\n".join(said).decode()
    assert "four" in everything and "hidden" in everything and "secret" not in everything.lower(), everything


# Metrics -----------------------------------------------------------------------------------------


def test_metrics_tell_what_was_done():
    with Own() as server:
        first = server.scrape()
        check_law(first)
        weir.ask(server.connect(), own(1, "one") + own(2, "seven") + b"{bad\n" + b'{"delete":{"status":{"id":1}}}\n')
        server.decide(own(3, "six"), b'{"query":{"hashtag":"five"}}\n', own(4))
        m = server.scrape()
        prometheus.check_never_fell(first, m)
        check_law(m)
        assert [m("tagweir_items_total", result=r) for r in ("post", "query", "skip", "error", "abandoned")] == \
            [4, 1, 1, 1, 0], m.text
        assert [m("tagweir_decisions_total", action=a) for a in ("allow", "downrank", "withhold")] == [1, 2, 2]
        assert m("tagweir_skips_total", kind="delete") == 1 and m("tagweir_errors_total", code="bad_json") == 1
        # #seven: two rules downrank different surfaces of IN, and one of them in the rest of the EU
        assert m("tagweir_region_decisions_total", region="IN", action="downrank") == 2, m.text
        assert m("tagweir_region_decisions_total", region="IN", action="withhold") == 1
        assert m("tagweir_region_decisions_total", region="DE", action="withhold") == 1
        assert m("tagweir_rule_hits_total", rule="one", effect="withheld") == 2
        assert m("tagweir_rule_last_hit_timestamp_seconds", rule="one") == 1612162800
        assert m("tagweir_orders_overdue") == 1 and m("tagweir_rules") == 8
        assert m("tagweir_made_answers_total") == m("tagweir_answer_seconds_count") == 7
        assert m("tagweir_connections_opened_total") == 2 and m("tagweir_connections") == 0
        assert m("process_resident_memory_bytes") > 1 << 20
        assert 0 <= time.time() - m("process_start_time_seconds") < 600
        assert m("tagweir_received_bytes_total") > 100 and m("tagweir_http_received_bytes_total") > 100


def test_metrics_see_reloads():
    with Own() as server:
        first = server.scrape()
        server.decide(own(1, "one"))
        server.put(RULES.replace("#one", "#uno"))
        server.reload()
        assert server.ask("/v1/hashtags/one").code == 200 and server.ask("/v1/hashtags/uno").code == 451
        m = server.scrape()
        prometheus.check_never_fell(first, m)
        check_law(m)
        assert m("tagweir_reloads_total", result="done") == 1 and m("tagweir_last_reload_successful") == 1
        assert m("tagweir_last_reload_success_timestamp_seconds") > m("process_start_time_seconds")
        assert m.labels("tagweir_ruleset_info", "digest") != first.labels("tagweir_ruleset_info", "digest")
        assert m("tagweir_rule_hits_total", rule="one", effect="withheld") == 4, "of both rule sets"


def test_a_query_is_no_last_hit():
    """It may ask for any time."""
    with Own(clock="now") as server:
        begun = time.time()
        assert server.ask("/v1/hashtags/one?at=2099-01-01T00:00:00Z").code == 451
        m = server.scrape()
        assert m("tagweir_rule_hits_total", rule="one", effect="withheld") == 2
        assert m("tagweir_rule_last_hit_timestamp_seconds", rule="one") == 0, "there is none"
        server.decide(own(1, "one"), b'{"query":{"hashtag":"one","at":"2099-01-01T00:00:00Z"}}\n')
        m = server.scrape()
        assert m("tagweir_rule_hits_total", rule="one", effect="withheld") == 6
        assert begun - 1 <= m("tagweir_rule_last_hit_timestamp_seconds", rule="one") <= time.time() + 1, m.text


def test_metrics_name_no_confidential_rule():
    """By reloads it becomes one and is none again: what is shown never falls, and what was hidden stays so."""
    secret = RULES.replace("notice: https://lumen.example/notices/1?a=b", "confidential: true")
    rules = RULES + "  - {id: once, regions: [IN], action: withhold, match: {hashtags: ['#once']}}\n"
    under = RULES + "  - {id: once, order: hidden, regions: [IN], action: withhold, match: {hashtags: ['#once']}}\n"

    def shown(m):
        names = m.labels("tagweir_rule_hits_total", "rule")
        assert set(names) == set(m.labels("tagweir_rule_last_hit_timestamp_seconds", "rule")), m.text
        return set(names)

    def count(m):
        return m.sum("tagweir_region_decisions_total"), m("tagweir_rule_hits_total", rule="one", effect="withheld")

    assert secret.count("confidential: true") == 2
    with Own(rules) as server:
        posts = [own(n, tag) for n, tag in enumerate(("one", "two", "five", "once"))]
        server.decide(*posts)
        m = server.scrape()
        assert shown(m) == {"one", "two", "once"} and count(m) == (5, 2), m.text
        server.put(secret)  # `one` has done nothing since; `once` is gone, and was never under an order
        server.reload()
        m = server.scrape()
        assert shown(m) == {"two", "once"} and count(m)[0] == 5, m.text
        server.put(RULES)
        server.reload()
        server.decide(*posts)
        m = server.scrape()
        assert shown(m) == {"one", "two", "once"} and count(m) == (9, 4), "nothing was done in secret"
        server.put(secret)
        server.reload()
        server.decide(*posts)
        server.put(under)
        server.reload()
        server.decide(*posts)
        m = server.scrape()
        assert shown(m) == {"two"} and count(m)[0] == 18, m.text
        server.put(rules)
        server.reload()
        server.decide(*posts)
        m = server.scrape()
        assert shown(m) == {"two"} and count(m)[0] == 23, "some of what they did was done in secret"
        assert m("tagweir_rule_hits_total", rule="two", effect="withheld") == 5
        check_law(m)


def test_breakers_count_what_comes_by_http():
    text = "tagweir: 1\nrules:\n  - {id: one, regions: [IN], action: withhold, match: {hashtags: ['#one']}," \
           " breaker: {per_minute: 3, then: observe}}\n"
    with Own(text, clock="now") as server:
        server.decide(*(own(n, "one") for n in range(4)))
        wait(lambda: server.scrape()("tagweir_breakers_tripped") == 1)
        m = server.scrape()
        assert m("tagweir_breaker_tripped", rule="one", then="observe") == 1, m.text
        assert m("tagweir_breaker_trips_total") == 1
        record = server.decide(own(5, "one")).json()
        assert record["action"] == "allow" and record["breaker"] == ["one"], record
        assert weir.ask(server.connect(), own(6, "one")) .count(b'"breaker":["one"]') == 1


def test_the_law_holds_under_load_and_reloads():
    posts = b"".join(own(n, *tags) for n, tags in enumerate(
        [("one",), ("seven", "x"), ("six",), (), ("five", "three")] * 200)) + b"{bad\n"
    reloads = 4 if weir.SANITIZED else 12
    stop = threading.Event()
    wrong = []

    def guard(work):
        def run():
            try:
                while not stop.is_set():
                    work()
            except Exception as e:
                wrong.append(e)
        return threading.Thread(target=run, daemon=True)

    with Own() as server:
        def stream():
            assert weir.ask(server.connect(), posts).count(b"\n") == 1001

        def leave():
            s = server.connect()
            s.sendall(posts)
            assert s.recv(1000)
            s.close()

        def decide():
            assert len(server.decide(posts).lines()) == 1001

        def query():
            assert server.ask("/v1/hashtags/three").code == 451

        workers = [guard(f) for f in (stream, stream, leave, decide, decide, query)]
        for w in workers:
            w.start()
        before = server.scrape()
        for n in range(reloads):
            server.put(RULES + f"  - {{id: more, regions: [US], action: withhold, match: {{hashtags: ['#m{n}']}}}}\n")
            server.reload()
            for _ in range(3):
                now = server.scrape()
                check_law(now)
                prometheus.check_never_fell(before, now)
                before = now
        stop.set()
        for w in workers:
            w.join(weir.PATIENCE_S)
        assert not wrong, wrong[0]
        wait(lambda: server.scrape()("tagweir_connections") == 0)
        m = server.scrape()
        check_law(m)
        prometheus.check_never_fell(before, m)
        assert m("tagweir_items_in_flight") == m("tagweir_answers_unsent") == 0, m.text
        assert m("tagweir_reloads_total", result="done") == reloads
        assert m("tagweir_read_items_total") == m("tagweir_lines_total", result="read"), "no line is a page"


def test_curl_understands_it():
    if not shutil.which("curl"):
        raise tap.Skip("curl is not installed")

    def curl(*args):
        done = subprocess.run(["curl", "-sS", "--unix-socket", server.web, "--max-time", "100", *args],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with Http() as server, weir.Folder() as folder:
        assert curl("--data-binary", f"@{weir.INDIA}/posts.ndjson", "http://x/v1/decide") == \
            weir.ask(server.connect(), SAMPLE)
        big = folder.write("big", b"x" * (3 << 20))
        for args in ((), ("-H", "Expect:")):
            said = curl("-i", *args, "--data-binary", f"@{big}", "http://x/v1/decide")
            assert said.startswith(b"HTTP/1.1 413 ") and b'"error":"too_large"' in said, said
        chunked = ("-H", "Transfer-Encoding: chunked")
        for args in (chunked, (*chunked, "-H", "Expect: 100-continue")):
            said = curl("-i", *args, "--data-binary", f"@{weir.INDIA}/posts.ndjson", "http://x/v1/decide")
            assert said.startswith(b"HTTP/1.1 411 ") and b'"error":"length_required"' in said, said
        assert b"HTTP/1.1 200 OK" in curl("-I", "http://x/metrics")
        prometheus.parse(curl("http://x/metrics").decode())
        two = curl("http://x/healthz", "http://x/v1/hashtags/ModiPlanningFarmerGenocide?region=IN")
        assert two.startswith(b'{"alive":true}\n{"v":1,"query"'), two


def test_without_a_word_there_is_no_http():
    with weir.Server() as server:
        assert "HTTP" not in server.said()


if __name__ == "__main__":
    tap.main()
