"""A second writer and reader of decision journals, from engine/audit/README.md alone."""
import base64
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import weir

README = (weir.ROOT / "engine/audit/README.md").read_text()
WRITER = Path(weir.TAGWEIR).parent / "tests" / "weir-journal"
DIGEST = "0123456789abcdef" * 4
AT = "2021-02-01T07:00:00Z"


def documented(kind, holds):
    """The block of the description that holds these words."""
    (block,) = (b for k, b in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)
                if k == kind and holds in b)
    return block


def check_by_hand(folder):
    """What the script of the description says: (exit code, what it printed)."""
    done = subprocess.run(["python3", "-c", documented("python", "hashlib"), str(folder)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout.strip()


def write(folder, text, *args, code=0, preexec=None):
    """A journal by the library: lines are records, or `!…` (tests/tools/weir_journal.c)."""
    if not WRITER.exists():
        raise weir.tap.Skip("weir-journal is not built")
    done = subprocess.run([WRITER, folder, *map(str, args)], input=text.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=preexec,
                          timeout=weir.PATIENCE_S)
    assert done.returncode == code, f"exit {done.returncode}: {done.stderr.decode()}"
    return done.stdout.decode(), done.stderr.decode()


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Journal:
    """Written by nothing of Tagweir's."""

    def __init__(self, folder, key=None):
        self.folder, self.key = Path(folder), key
        self.folder.mkdir(exist_ok=True)
        self.seq, self.before, self.segment = 0, bytes(32), 0

    def add(self, kind, body):
        line = f'{{"seq":{self.seq + 1},"{kind}":{body}'.encode()
        self.before = hashlib.sha256(self.before + line).digest()
        self.seq += 1
        self.entries += 1
        with open(self.path, "ab") as f:
            f.write(line + f',"hash":"{self.before.hex()}"}}\n'.encode())

    def begin(self, **changes):
        self.segment, self.entries = self.segment + 1, 0
        self.path = self.folder / f"{self.segment:08}.ndjson"
        header = dict(format=1, segment=self.segment, opened=AT, ruleset=DIGEST, version="0.1.0",
                      unicode="15.0", icu="72.1.0", clock="now", previous=self.before.hex())
        self.add("header", dump(dict(header, **changes)))

    def record(self, post):
        self.add("record", dump({"v": 1, "post": post}))

    def event(self, **body):
        self.add("event", dump(body))

    def end(self, why="stop"):
        body = dump({"segment": self.segment, "entries": self.entries + 1, "why": why, "at": AT})
        if self.key:
            body = body[:-1] + f',"key":"{fingerprint(self.key)}"'
            line = f'{{"seq":{self.seq + 1},"end":{body}'
            message = f"tagweir journal end 1\n{self.before.hex()}\n{line}"
            body += f',"signature":"{sign(self.key, message.encode())}"}}'
        self.add("end", body)

    @property
    def head(self):
        return f"{self.before.hex()}:{self.seq}"


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *map(str, args)], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True).stdout


def make_key(folder, name="key"):
    """Private and public key, as files."""
    private, public = folder / f"{name}.pem", folder / f"{name}-public.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", private)
    os.chmod(private, 0o600)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def fingerprint(private):
    """The public key's 32 bytes are the last of its DER form."""
    return hashlib.sha256(openssl("pkey", "-in", private, "-pubout", "-outform", "DER")[-32:]).hexdigest()


def sign(private, message):
    with weir.Folder() as f:
        path = f.write("message", message)
        return base64.b64encode(openssl("pkeyutl", "-sign", "-inkey", private, "-rawin", "-in", path)).decode()
