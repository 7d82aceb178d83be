"""The arrows between the rooms of engine/: what may include what, and who may touch the world."""
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))
import tap  # noqa: E402

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
BUILD = Path(os.environ.get("TAGWEIR_BUILD", ROOT / "build" / "debug"))

STREAMS = {"fopen", "fopen64", "freopen", "fdopen", "open", "open64", "openat", "read", "write",
           "pread", "pwrite", "fread", "fwrite", "fputs", "fputc", "puts", "putchar", "printf",
           "fprintf", "vfprintf", "vprintf", "perror", "getline", "fgets", "fgetc", "socket",
           "connect", "accept", "send", "recv", "mmap", "opendir", "readdir", "unlink", "rename"}
CLOCKS = {"time", "clock", "clock_gettime", "gettimeofday", "localtime", "localtime_r", "gmtime",
          "gmtime_r", "strftime", "mktime", "nanosleep", "usleep", "sleep", "ucal_getNow"}
# What a room may use of the world; none where it does not stand here.
MAY = {"compile": STREAMS, "audit": STREAMS, "flow": CLOCKS, "replay": STREAMS, "feed": STREAMS, "serve": STREAMS | CLOCKS,
       "cli": STREAMS | CLOCKS}
# The one message of our own bugs, on its way to abort().
EXCEPTIONS = {("check.c", "fprintf")}


def arrows():
    found = {}
    for line in (ROOT / "tests/layering/arrows.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, _, reached = line.partition(":")
            found[room.strip()] = set(reached.split())
    return found


def sources():
    for path in sorted((ROOT / "engine").rglob("*")):
        if path.suffix in (".c", ".cc", ".h"):
            yield path, path.relative_to(ROOT / "engine").parts[0]


def test_every_room_has_its_arrows_and_they_make_no_circle():
    table = arrows()
    rooms = {room for _, room in sources()}
    assert rooms <= set(table), f"no line in arrows.txt for {rooms - set(table)}"
    done = set()
    while len(done) < len(table):
        free = [r for r in table if r not in done and table[r] <= done]
        assert free, f"a circle among {set(table) - done}"
        done.update(free)


def test_no_include_outside_the_arrows():
    table, wrong = arrows(), []
    for path, room in sources():
        for kind, name in INCLUDE.findall(path.read_text()):
            where = f"{path.relative_to(ROOT)}: {name}"
            if kind == '"':
                target = name.split("/")[0]
                if "/" not in name:
                    wrong.append(where + " (name the room: \"room/file.h\")")
                elif target != room and target not in table[room]:
                    wrong.append(where)
            elif name.split("/")[0] in table:
                wrong.append(where + " (a room in angle brackets)")
    assert not wrong, "includes outside the arrows:\n" + "\n".join(wrong)


def test_the_bench_sees_private_headers_in_one_file():
    rooms, wrong = set(arrows()), []
    for path in sorted((ROOT / "bench").rglob("*")):
        if path.suffix in (".c", ".cc", ".h") and path.name != "engine_tagweir.c":
            wrong += [f"{path.name}: {name}" for _, name in INCLUDE.findall(path.read_text())
                      if name.split("/")[0] in rooms and not (ROOT / "bench" / name).exists()]
    assert not wrong, "\n".join(wrong)


def test_each_library_has_one_door():
    doors = {"pcre2.h": {"regex"}, "simdjson.h": {"post"}, "libfyaml.h": {"compile"},
             "event2/": {"serve"}, "openssl/": {"model", "audit", "serve"}, "zlib.h": {"feed"},
             "zstd": {"feed"}, "uthash.h":
             {"model", "compile", "post", "flow", "replay", "serve", "cli"}}
    wrong = []
    for path, room in sources():
        for kind, name in INCLUDE.findall(path.read_text()):
            for library, rooms in doors.items():
                if kind == "<" and name.startswith(library) and room not in rooms:
                    wrong.append(f"{path.relative_to(ROOT)}: {name}")
    assert not wrong, "\n".join(wrong)


def objects():
    found = sorted(BUILD.rglob("*.o"))
    if not found:
        raise tap.Skip(f"nothing is built in {BUILD.name}")
    for path in found:
        parts = path.parts
        if "engine" in parts:
            yield path, parts[parts.index("engine") + 1]


def undefined(path):
    out = subprocess.run(["nm", "-u", str(path)], capture_output=True, text=True, check=True).stdout
    names = (line.split()[-1] for line in out.splitlines() if line.split())
    return {re.sub(r"^__(?:isoc99_)?(\w+?)_chk$", r"\1", n.split("@")[0]) for n in names}


def test_the_core_does_no_io_and_reads_no_clock():
    wrong, seen = [], 0
    for path, room in objects():
        seen += 1
        source = path.name[:-2]
        for name in undefined(path) & (STREAMS | CLOCKS) - MAY.get(room, set()):
            if (source, name) not in EXCEPTIONS:
                wrong.append(f"{room}/{source} uses {name}")
    assert seen > 5, f"only {seen} objects found"
    assert not wrong, "\n".join(wrong)


def test_only_serve_knows_the_event_loop():
    wrong = [f"{room}/{path.name} uses {n}" for path, room in objects() if room != "serve"
             for n in undefined(path) if n.startswith(("event_", "evconn", "evutil", "evbuffer"))]
    assert not wrong, "\n".join(wrong)


def test_the_shared_library_exports_only_the_public_interface():
    library = BUILD / "libtagweir.so"
    if not library.exists():
        raise tap.Skip("libtagweir.so is not built")
    out = subprocess.run(["nm", "-D", "--defined-only", str(library)], capture_output=True,
                         text=True, check=True).stdout
    exported = {line.split()[-1].split("@")[0] for line in out.splitlines() if line.split()}
    headers = "\n".join(p.read_text() for p in (ROOT / "include/tagweir").glob("*.h"))
    declared = set(re.findall(r"\b(weir_\w+)\s*\(", headers))
    # templates of the C++ library come along as weak symbols; ours are plain C
    ours = {n for n in exported if not n.startswith("_Z")}
    assert ours <= declared, f"exported but in no public header: {sorted(ours - declared)}"
    missing = {n for n in re.findall(r"WEIR_API[^;]*?\b(weir_\w+)\s*\(", headers)} - exported
    assert not missing, f"declared but not in the library: {sorted(missing)}"


def text_files():
    """Every file of the checkout that is text, whether or not git is there to list them."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not {"build", ".git", "__pycache__"} & set(parts):
            data = path.read_bytes()
            if b"\0" not in data:
                yield path, data.decode(errors="replace")


def test_packages_are_listed_once():
    named = [f"{path.relative_to(ROOT)}: {name}" for path, text in text_files()
             for name in re.findall(r"\blib[a-z0-9]+-dev\b", text)
             if path.name not in ("packages.txt", "test_layering.py")]
    assert not named, "packages belong in packages.txt alone:\n" + "\n".join(named)


if __name__ == "__main__":
    tap.main()
