#!/usr/bin/env python3
"""Stands in for tagweir where the bench must find out that answers are wrong, or where rules change.

`serve` answers each post with its id and the digest of its rules, which SIGHUP makes it read again. The
variable FAKE says what it does wrong: a word and the number of the answer it does it to. Everything else
is left to the program that TAGWEIR names.
"""
import json
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time

TAGWEIR = os.environ["TAGWEIR"]
WRONG, _, AT = os.environ.get("FAKE", "").partition(":")
AT = int(AT or 0)
state = {"ruleset": "0" * 16, "delivered": 0}
lock = threading.Lock()


def read_rules(path):
    said = subprocess.run([TAGWEIR, "check", path], capture_output=True, text=True).stdout
    state["ruleset"] = re.search(r"ruleset ([0-9a-f]{16})", said)[1]


class Client(socketserver.StreamRequestHandler):
    def answer(self, line, n):
        post = json.loads(line)["id"]
        text = json.dumps({"v": 1, "post": post, "ruleset": state["ruleset"]}, separators=(",", ":"))
        if WRONG == "slow":
            time.sleep(AT / 1000)
        return (text + "\n").encode() * (0 if WRONG == "drop" and n == AT else
                                         2 if WRONG == "twice" and n == AT else 1)

    def handle(self):
        held = b""
        for n, line in enumerate(self.rfile, 1):
            if WRONG == "close" and n == AT:
                return
            answer = self.answer(line, n)
            if WRONG == "swap" and n == AT:
                held = answer
                continue
            try:
                self.wfile.write(answer + held)
            except OSError:
                return  # the client has seen enough
            with lock:
                state["delivered"] += (answer + held).count(b"\n")
            held = b""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 100


def serve(args):
    option = dict(zip(args[::2], args[1::2]))
    if "--rules" in option:
        read_rules(option["--rules"])
        if WRONG != "deaf":
            signal.signal(signal.SIGHUP, lambda *_: read_rules(option["--rules"]))
        else:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where it was inherited as ignored
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    server = Server(option["--listen"].removeprefix("unix:"), Client)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening on", option["--listen"], file=sys.stderr, flush=True)
    while not done.wait(0.02):
        pass
    more = 1 if WRONG == "boast" else 0
    print("answers   ", state["delivered"] + more, "delivered, 0 discarded", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] != "serve":
        os.execv(TAGWEIR, [TAGWEIR, *sys.argv[1:]])
    if "--help" not in sys.argv:
        serve(sys.argv[2:])
