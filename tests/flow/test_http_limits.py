"""HTTP: what is refused, who is closed, what comes of nonsense and of the end; by bare sockets mostly."""
import http.client
import json
import os
import random
import re
import resource
import socket
import threading
import time

import weir
from hostile import until_closed
from weir import own, tap
from web import BODY_MAX, SLOW, Answer, Own, check_law, is_error, slow_posts, wait

# What nonsense is drawn from; a failure says it, and WEIR_SEED repeats it.
SEED = int(os.environ.get("WEIR_SEED", random.SystemRandom().randrange(1 << 32)))
print(f"# WEIR_SEED={SEED}", flush=True)


# What is refused ---------------------------------------------------------------------------------


def test_only_what_exists_and_by_its_methods():
    with Own() as server:
        for path in ("/", "/metric", "/metrics/", "/Metrics", "/%6detrics", "/metrics/../metrics", "//metrics",
                     "/v1/", "/v1/hashtags", "/v1/hashtags/a/b", "/v1/hashtags/a/", "/v1/../v1/rules", "*"):
            s = server.bare()
            s.sendall(f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
            head = weir.read_all(s).split(b"\r\n", 1)[0]
            assert head.split()[1] in (b"404", b"400"), (path, head)
        assert "/v1/orders/{id}" in is_error(server.ask("/nowhere"), 404, "no_such_path")
        for path, methods, allow in (("/metrics", ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"), "GET, HEAD"),
                                     ("/v1/decide", ("GET", "HEAD", "PUT"), "POST"),
                                     ("/v1/rules", ("POST", "BREW", "get"), "GET, HEAD")):
            for method in methods:
                answer = server.ask(path, method)
                assert answer.headers["Allow"] == allow and answer.code == 405, answer.text()
                if method != "HEAD":
                    is_error(answer, 405, "method_not_allowed")
        for path in ("/metrics", "/healthz", "/readyz", "/v1/rules", "/v1/orders/hidden", "/v1/hashtags/six"):
            get, head = server.ask(path), server.ask(path, "HEAD")
            assert (head.code, head.body) == (200, b"") and get.code == 200, head.text()
            assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_what_is_no_http_ends():
    with Own() as server:
        for sent in (b"frobnicate\r\n\r\n", b"GET /metrics\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
                     b"GET /metrics HTTP/2.0\r\n\r\n", b"GET /metrics HTTP/1.1\r\nno colon\r\n\r\n",
                     b"POST /v1/decide HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                     b"POST /v1/decide HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                     b"POST /v1/decide HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                     b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n",
                     b"GET /metrics HTTP/1.1\r\n" + b"A: " + b"a" * 20000 + b"\r\n\r\n",
                     b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n"):
            s = server.bare()
            s.sendall(sent)
            try:
                answer = weir.read_all(s)
            except ConnectionResetError:
                answer = b""
            assert answer == b"" or answer.split()[1] in (b"400", b"411", b"413"), (sent[:50], answer[:200])
            s.close()
        wait(lambda: server.scrape()("tagweir_http_connections") == 1)


def heads():
    """What is said, what it is refused with, and whether at once: before its body has come."""
    post = b"POST /v1/decide HTTP/1.1\r\n"
    for header in (b"Content-Length : 5", b"Content-Length\t: 5", b"Transfer-Encoding : chunked\r\nContent-Length: 5",
                   b"Content-Length: 5\r\nTransfer-Encoding\t: chunked", b"Content-Length\0: 5", b"Content-Length\r: 5",
                   b"A: b\r\n Content-Length: 5", b" Content-Length: 5", b"\tA: b", b"A b: c", b": 5", b"no colon",
                   b"A: b\0c", b"A: b\rContent-Length: 5", b"A\x7f: b", b"A: \x01", b"\xc3\xa4: b"):
        yield post + header, 400, "unclear_header", True
    for length in (b"+5", b"-5", b"5, 5", b"5 5", b"0x5", b"", b" ", b"x", b"5;", b"5.", b"\xd9\xa5"):
        yield post + b"Content-Length: " + length, 400, "unclear_body", True
    for header in (b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5\r\ncontent-length: 5",
                   b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nA: b\r\n"
                   b"Content-Length: 5", b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"):
        yield post + header, 400, "unclear_body", True
    for coding in (b"chunked", b"Chunked", b"gzip, chunked", b"identity", b""):
        yield post + b"Transfer-Encoding: " + coding, 411, "length_required", True
        yield b"GET /healthz HTTP/1.0\r\nTRANSFER-ENCODING:" + coding, 411, "length_required", True
    for length in (b"1048577", b"3000000", b"0003000000", b"9" * 18, b"18446744073709551616", b"9" * 1000):
        yield post + b"Content-Length: " + length, 413, "too_large", True
        yield post + b"Expect: 100-continue\r\nContent-Length: " + length, 413, "too_large", True
    for target in (b"x:80", b"/v1/rules", b"/"):
        for header in (b"A: b", b"Content-Length: 0\r\nContent-Length: 26", b"Expect: money\r\nContent-Length: 26",
                       b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: gzip"):
            yield b"CONNECT " + target + b" HTTP/1.1\r\n" + header, 501, "no_tunnel", True
    for method in (b"HEAD", b"TRACE", b"BREW"):
        yield method + b" /metrics HTTP/1.1\r\nContent-Length: 27", 400, "unclear_body", False


def test_what_can_be_read_in_two_ways_is_refused():
    """Whatever is behind it, and however it comes, it is not taken for a request, and the connection ends."""
    smuggled = b"GET /v1/rules HTTP/1.1\r\n\r\n"
    first = b"GET /healthz HTTP/1.1\r\n\r\n"
    with Own(args=("--http-timeout", "60")) as server:
        for head, code, word, at_once in heads():
            for before, eol, pieces in ((b"", b"\r\n", 1), (b"", b"\n", 1), (first, b"\r\n", 1), (b"", b"\r\n", 7)):
                if eol == b"\n" and b"\r:" in head:
                    continue
                said = before + head.replace(b"\r\n", eol) + eol * 2 + (b"" if at_once and pieces > 1 else smuggled)
                s = server.bare()
                for n in range(pieces):
                    try:
                        s.sendall(said[len(said) * n // pieces:len(said) * (n + 1) // pieces])
                    except OSError:
                        assert n, "it was refused before its end had come"
                    time.sleep(0.002 * (pieces > 1))
                answer, _ = until_closed(s)  # the last piece may come when it is closed already
                s.close()
                last = answer[answer.rindex(b"HTTP/1."):]
                assert last.split()[1] == b"%d" % code and answer.count(b"HTTP/1.") == 1 + len(before[:1]), (said, answer)
                assert head.startswith(b"HEAD") or b'{"error":"%s"' % word.encode() in last, (said, answer)
                assert b"Connection: close\r\n" in last, (said, answer)
        for sound in (b"Content-Length:5", b"Content-Length: \t 5 \t", b"content-length: 0005",
                      b"Content-Length: 5\r\nA:\r\n!#$%&'*+-.^_`|~9: \tb: \xff"):
            s = server.bare()
            s.sendall(b"POST /v1/decide HTTP/1.1\r\nConnection: close\r\n" + sound + b"\r\n\r\n{bad\n")
            assert b'"error":"bad_json"' in weir.read_all(s), sound
        m = server.scrape()
        assert m("tagweir_http_answers_total", path="/v1/rules", code="200") == 0
        assert m("tagweir_http_connections") == 1, m.text


def large(server, declared, most=30 << 20):
    """Sends a body, in pieces, for as long as the server takes it; the answer."""
    s = server.bare()
    s.sendall(b"POST /v1/decide HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % declared)
    piece = b"x" * 60000

    def send():
        sent = 0
        try:
            while sent < min(declared, most):
                s.sendall(piece[:declared - sent])
                sent += len(piece[:declared - sent])
        except OSError:
            pass

    t = threading.Thread(target=send, daemon=True)
    t.start()
    response = http.client.HTTPResponse(s)
    response.begin()
    answer = Answer(response)
    s.close()
    t.join()
    return answer


def test_bodies_have_a_limit():
    with Own(args=("--http-timeout", "5")) as server:
        before = server.memory_kib()
        post = own(1, "one")
        most = post * (BODY_MAX // len(post)) + b"\n" * (BODY_MAX % len(post))
        assert len(most) == BODY_MAX and len(server.decide(most).lines()) == BODY_MAX // len(post)
        is_error(server.ask("/v1/decide", "POST", most + b"\n"), 413, "too_large")
        for size in (BODY_MAX + 1, BODY_MAX + 100_000, 2 * BODY_MAX, 30 * BODY_MAX):
            is_error(large(server, size), 413, "too_large")
        is_error(large(server, 1 << 50), 413, "too_large")
        assert server.ask("/healthz").code == 200
        m = server.scrape()
        assert m("tagweir_http_connections_ended_total", limit="body") == 6, m.text
        grown = server.memory_kib() - before
        # AddressSanitizer keeps what was freed
        assert grown < 150 * 1024 or "san" in weir.TAGWEIR, f"{grown} KiB"


def test_slow_clients_are_told_and_closed():
    with Own(args=("--http-timeout", "0.6")) as server:
        def drip(s, data):
            try:
                for b in data:
                    s.sendall(bytes([b]))
                    time.sleep(0.02)
            except OSError:
                pass

        for sent in (b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 200,
                     b"POST /v1/decide HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"x" * 900):
            s = server.bare()
            t = threading.Thread(target=drip, args=(s, sent), daemon=True)
            t.start()
            response = http.client.HTTPResponse(s)
            response.begin()
            is_error(Answer(response), 408, "timeout")
            assert s.recv(10) == b""
            t.join()
            s.close()
        idle, kept = server.bare(), server.client()
        assert server.ask("/healthz", client=kept).code == 200
        assert idle.recv(10) == kept.sock.recv(10) == b"", "who says nothing is told nothing"
        m = server.scrape()
        assert m("tagweir_http_connections_ended_total", limit="request") == 2
        assert m("tagweir_http_connections_ended_total", limit="idle") == 2


def test_who_does_not_read_is_closed():
    body = own(1, "one", "two", "three", "six", "seven") * 9000
    with Own(args=("--http-timeout", "0.6")) as server:
        s = server.bare()
        s.sendall(b"POST /v1/decide HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        wait(lambda: server.scrape()("tagweir_http_connections_ended_total", limit="answer") == 1)
        m = server.scrape()
        check_law(m)
        assert m("tagweir_answers_total", result="discarded") > 0, m.text
        assert m("tagweir_lines_total", result="unanswered") > 0, m.text
        assert m("tagweir_items_in_flight") == m("tagweir_answers_unsent") == m("tagweir_held_bytes") == 0
        s.close()


def test_more_connections_have_to_wait():
    with Own(args=("--http-connections", "3")) as server:
        first = [server.client() for _ in range(3)]
        for c in first:
            assert server.ask("/healthz", client=c).code == 200
        late = server.bare()
        late.sendall(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        late.settimeout(0.5)
        try:
            assert not late.recv(10)
            raise AssertionError("it was answered")
        except TimeoutError:
            pass
        for c in first:
            assert server.ask("/healthz", client=c).code == 200, "the others are served"
        first[0].close()
        late.settimeout(weir.PATIENCE_S)
        assert weir.read_all(late).startswith(b"HTTP/1.1 200 OK")
        for c in first[1:]:
            c.close()
        for _ in range(20):
            assert server.ask("/healthz").code == 200


def test_requests_one_behind_the_other():
    with Own() as server:
        s = server.bare()
        post = own(1, "one")
        s.sendall(b"GET /healthz HTTP/1.1\r\n\r\n" * 50 + b"GET /metrics HTTP/1.1\r\n\r\n"
                  + b"POST /v1/decide HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(post), post)
                  + b"GET /v1/hashtags/three HTTP/1.1\r\nConnection: close\r\n\r\n")
        said = weir.read_all(s)
        codes = re.findall(rb"HTTP/1\.1 ([0-9]+) ", said)
        at = [said.index(x) for x in (b'"alive"', b"# HELP", b'{"v":1,"post":"1"', b'"hashtag":"three"')]
    assert codes == [b"200"] * 52 + [b"451"] and at == sorted(at), (codes, at)


def test_clients_that_leave_harm_nobody():
    """While a scrape waits, while a body is decided, in the middle of either."""
    body = own(1, "one", "two", "three") * 8000
    requests = (b"GET /metrics HTTP/1.1\r\n\r\n", b"GET /v1/rules HTTP/1.1\r\n\r\n", b"GET /met",
                b"POST /v1/decide HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
                b"POST /v1/decide HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:70000],
                b"GET /v1/hashtags/one HTTP/1.1\r\n\r\n" * 20)
    with Own() as server:
        for n in range(60):
            s = server.bare()
            s.sendall(requests[n % len(requests)])
            if n % 4 == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            elif n % 4 == 1:
                s.shutdown(socket.SHUT_WR)
            elif n % 4 == 2 and n % len(requests) != 2:
                s.settimeout(0.3)
                try:
                    s.recv(100)
                except OSError:
                    pass
            s.close()
        wait(lambda: server.scrape()("tagweir_http_connections") == 1)
        m = server.scrape()
        check_law(m)
        assert m("tagweir_items_in_flight") == m("tagweir_answers_unsent") == m("tagweir_held_bytes") == 0, m.text
        assert server.ask("/v1/hashtags/one").code == 451


def nonsense(rng):
    """A few requests, each somewhat damaged, cut off now and then."""
    post = own(1, "one")
    sound = (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HEAD /v1/rules HTTP/1.0\r\n\r\n",
             b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n",
             b"GET http://a:99/v1/hashtags/one?region=IN&at=2021-02-01T00:00:00Z HTTP/1.1\r\n\r\n",
             b"POST /v1/decide HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n%s" % (len(post), post),
             b"POST /v1/decide HTTP/1.1\r\nExpect: money\r\nContent-Length: %d\r\n\r\n%s" % (len(post), post),
             b"POST /v1/decide HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nA: b\r\n\r\n"
             % (len(post), post), b"TRACE /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
    pieces = (b"\r\n", b"\n", b": ", b"%", b"#", b"?", b"0\r\n\r\n", b"HTTP/1.1", b"Content-Length: 5\r\n",
              b"Transfer-Encoding: chunked\r\n", bytes(rng.randrange(256) for _ in range(5)))
    said = b""
    for _ in range(rng.choice((1, 1, 2, 5))):
        request = rng.choice(sound)
        for _ in range(rng.choice((0, 0, 1, 3))):
            at = rng.randrange(len(request))
            request = request[:at] + rng.choice(pieces) + request[at + rng.choice((0, 0, 1, 9)):]
        said += request
    return said[:rng.randrange(len(said))] if rng.random() < 0.2 else said


def test_whatever_is_said_it_goes_on():
    rng = random.Random(SEED)
    with Own(args=("--http-timeout", "0.5")) as server:
        waiting = []
        for n in range(600):
            s = server.bare()
            s.settimeout(0.05)
            try:
                s.sendall(nonsense(rng))
                if n % 3 == 0:
                    s.recv(1000)
                if n % 7 == 0:
                    s.shutdown(socket.SHUT_WR)
                if n % 5 == 0:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            except OSError:
                pass
            waiting.append(s)
            if len(waiting) > 30:
                waiting.pop(rng.randrange(30)).close()
        for s in waiting:
            s.close()
        wait(lambda: server.scrape()("tagweir_http_connections") == 1)
        m = server.scrape()
        check_law(m)
        assert m("tagweir_items_in_flight") == m("tagweir_answers_unsent") == m("tagweir_held_bytes") == 0, m.text


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_it_waits():
    with Own() as server:
        pid = server.process.pid
        assert server.ask("/healthz").code == 200
        most = len(os.listdir(f"/proc/{pid}/fd")) + 2
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
        clients = [server.bare() for _ in range(8)]
        time.sleep(0.2)
        before = cpu_s(pid)
        time.sleep(1)
        assert cpu_s(pid) - before < 0.5, "it tries again and again"
        for s in clients:
            s.close()
        assert server.ask("/healthz").code == 200


# The end, and addresses --------------------------------------------------------------------------


def test_sigterm_answers_bodies_that_were_read():
    body = slow_posts(600)
    with Own(SLOW, args=("--drain", "100")) as server:
        done = []
        t = threading.Thread(target=lambda: done.append(server.decide(body)))
        t.start()
        wait(lambda: server.scrape()("tagweir_http_answers_total", path="/v1/decide", code="200") or done)
        assert server.stop() == 0, server.said()
        t.join()
        assert len(done) == 1 and len(done[0].lines()) == 600


def test_a_body_that_is_not_taken_ends_with_the_drain():
    body = own(1, "one", "two", "three", "six", "seven") * 9000
    for signals in (1, 2):
        with Own(args=("--drain", "1" if signals == 1 else "100", "--json")) as server:
            s = server.bare()
            s.sendall(b"POST /v1/decide HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            assert s.recv(100)
            server.process.terminate()
            wait(lambda: "SIGTERM" in server.said())
            for _ in range(20 if signals == 2 else 0):  # scrapes may wait at that moment
                server.bare().sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            if signals == 2:
                server.process.terminate()
            assert server.process.wait(weir.PATIENCE_S) == 0, server.said()
            said = server.said()
            n = json.loads(said[said.index('{"summary"'):])
            assert signals == 2 or "the answers of 1 connection were not taken in time" in said
            assert n["discarded"] > 0 and n["posts"] == n["delivered"] + n["discarded"], n
            assert n["items"] == n["posts"] + n["abandoned"] and n["unanswered"] > 0, n
            s.close()


def test_addresses_are_as_careful_as_others():
    with weir.Folder() as folder:
        start = ("serve", "--rules", weir.INDIA, "--listen", f"unix:{folder.path}/s")
        done = weir.run(*start, "--http", "0.0.0.0:1", timeout=60)
        assert done.code == 2 and b"--http 0.0.0.0:1 is not a loopback address" in done.err, done.text()
        assert b"--tls-cert" not in done.err and b"--insecure" in done.err, done.text()
        done = weir.run(*start, "--http", "nowhere", timeout=60)
        assert done.code == 2 and b"--http nowhere: expected unix:PATH" in done.err, done.text()
        with Own() as server:
            assert oct(os.stat(server.web).st_mode & 0o777) == "0o600"
            done = weir.run(*start, "--http", "unix:" + server.web, timeout=60)
            assert done.code == 4 and b"another process is listening there" in done.err, done.text()
            assert server.ask("/healthz").code == 200


def test_tcp_and_a_port_of_its_choice():
    with weir.Server(args=("--http", "127.0.0.1:0")) as server:
        wait(lambda: "for HTTP" in server.said())
        port = int(server.said().split(" for HTTP")[0].rpartition(":")[2])
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=weir.PATIENCE_S)
        for _ in range(3):
            c.request("GET", "/healthz")
            assert Answer(c.getresponse()).code == 200
        c.close()


if __name__ == "__main__":
    tap.main()
