"""What the tests of HTTP share: rules, a server that speaks it, clients, the laws that metrics obey."""
import http.client
import json
import os
import signal
import socket
import time

import prometheus
import weir
from weir import own

SAMPLE = (weir.INDIA / "posts.ndjson").read_bytes()
BODY_MAX = 1 << 20

# What must not be seen is spelled with SECRET; the ids may.
RULES = """tagweir: 1
orders:
  notice-is-a-link:
    authority: Ministry of Tests
    kind: legal_demand
    reference: 12/2021
    notice: https://lumen.example/notices/1?a=b
    served: 2021-01-01T00:00:00Z
  authority-is-a-link:
    authority: https://court.example/
    kind: court_order
    notice: Withheld by order of a court.
    served: 2021-01-01T00:00:00Z
  no-link:
    authority: Ministry of Tests
    kind: legal_demand
    notice: "https://example.org/>; rel=\\"evil"
    served: 2021-01-01T00:00:00Z
  hidden:
    authority: https://SECRET-authority.example/
    basis: SECRET basis
    kind: court_order
    reference: SECRET-12
    notice: https://SECRET-notice.example/
    served: 2021-01-01T00:00:00Z
    confidential: true
  overdue:
    authority: Ministry of Tests
    kind: emergency
    served: 2021-01-01T00:00:00Z
rules:
  - {id: one, order: notice-is-a-link, regions: [IN, FR], action: withhold, match: {hashtags: ["#one", "#ＦÖÖ"]}}
  - {id: two, order: authority-is-a-link, regions: [FR], action: withhold, match: {hashtags: ["#two"]}}
  - {id: three, order: no-link, regions: [XX], action: withhold, match: {hashtags: ["#three"]}}
  - id: four
    order: hidden
    regions: [DE]
    action: withhold
    match: {hashtags: ["#SECRETtag", "/^SECRETpattern/"], accounts: ["@SECRETaccount"]}
  - {id: five, order: hidden, regions: [DE], action: withhold, match: {hashtags: ["#five"]}}
  - {id: six, regions: [XX], except_regions: [FR], action: downrank, factor: 0.5, match: {hashtags: ["#six"]}}
  - {id: seven, order: overdue, regions: [EU], action: downrank, factor: 0.1, surfaces: [trends],
     match: {hashtags: ["#seven"]}}
  - {id: eight, regions: [IN], action: downrank, factor: 0.2, surfaces: [search], match: {hashtags: ["#seven", "#six"]}}
"""

# Much work: each tag is tried on every pattern, of which only what stands before its end rules it out.
SLOW = "tagweir: 1\nrules:\n" + "".join(
    f"  - {{id: r{n}, regions: [IN], action: withhold, match: {{hashtags: ['/^qq.*(?<={n}z)y$/']}}}}\n"
    for n in range(150))


def slow_posts(n):
    return b"".join(own(i, *(f"qq{i}t{k}y" for k in range(30))) for i in range(n))


class Client(http.client.HTTPConnection):
    def __init__(self, address):
        super().__init__("localhost", timeout=weir.PATIENCE_S)
        self.address = address

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.address)


class Answer:
    def __init__(self, response):
        self.code, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def lines(self):
        return self.body.split(b"\n")[:-1]

    def text(self):
        return f"{self.code}\n{self.headers}\n{self.body[:2000]}"


class Http(weir.Server):
    def __init__(self, rules=weir.INDIA, clock=weir.CLOCK, args=(), **more):
        self.home = weir.Folder().__enter__()
        self.web = f"{self.home.path}/http"
        super().__init__(rules=rules, clock=clock,
                         args=["--http", "unix:" + self.web, "--workers", "2", *args], **more)

    def __exit__(self, *how):
        try:
            super().__exit__(*how)
        finally:
            self.home.__exit__()

    def client(self):
        return Client(self.web)

    def bare(self):
        """A socket that says what it is told to."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(weir.PATIENCE_S)
        s.connect(self.web)
        return s

    def ask(self, path, method="GET", body=None, client=None, **headers):
        c = client or self.client()
        c.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = Answer(c.getresponse())
        if not client:
            c.close()
        return answer

    def decide(self, *lines, **how):
        answer = self.ask("/v1/decide", "POST", b"".join(lines), **how)
        assert answer.code == 200, answer.text()
        return answer

    def scrape(self):
        answer = self.ask("/metrics")
        assert answer.code == 200, answer.text()
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return prometheus.Scrape(answer.body.decode())


class Own(Http):
    """By rules of its own, that may be changed."""

    def __init__(self, text=RULES, clock="2021-02-01T07:00:00Z", args=(), **more):
        self.rules = weir.Folder().__enter__()
        self.put(text)
        super().__init__(rules=self.rules.path, clock=clock, args=args, **more)

    def __exit__(self, *how):
        try:
            super().__exit__(*how)
        finally:
            self.rules.__exit__()

    def put(self, text):
        self.rules.write("r.new", text)
        os.replace(self.rules.path / "r.new", self.rules.path / "r.yaml")

    def reload(self, says="reloaded:"):
        before = len(self.said())
        self.process.send_signal(signal.SIGHUP)
        wait(lambda: says in self.said()[before:], self.said)


def wait(done, why=lambda: ""):
    end = time.monotonic() + weir.PATIENCE_S
    while not done():
        assert time.monotonic() < end, f"it did not come to pass\n{why()}"
        time.sleep(0.01)


def is_error(answer, code, word):
    assert answer.code == code, answer.text()
    error = answer.json()
    assert list(error) == ["error", "detail"] and error["error"] == word and error["detail"], error
    assert answer.headers["Content-Type"] == "application/json", answer.text()
    assert answer.headers["X-Content-Type-Options"] == "nosniff", answer.text()
    assert answer.headers["Cache-Control"] == "no-store", answer.text()
    return error["detail"]


def check_law(m):
    """What HELP texts promise, in one scrape."""
    decided = m("tagweir_items_total", result="post") + m("tagweir_items_total", result="query")
    assert m("tagweir_read_items_total") == m.sum("tagweir_items_total") + m("tagweir_items_in_flight")
    assert m("tagweir_items_in_flight") >= 0 and m("tagweir_answers_unsent") >= 0
    assert m.sum("tagweir_decisions_total") == decided
    assert m.sum("tagweir_skips_total") == m("tagweir_items_total", result="skip")
    assert m.sum("tagweir_errors_total") == m("tagweir_items_total", result="error")
    assert m("tagweir_made_answers_total") == m.sum("tagweir_answers_total") + m("tagweir_answers_unsent")
    assert m("tagweir_answer_seconds_count") == m("tagweir_made_answers_total")
    assert m("tagweir_connections") <= m("tagweir_connections_opened_total")
