"""A report in a real browser: no error on its console, no request that leaves it, figures as JSON has them, and a print of it
that has all tables. Debian's chromium, headless; one at a time, as each takes seconds to start."""
import json
import re
import shutil
import subprocess
import sys

import weir
from report_page import Page, expect_same_figures, load
from test_report import HOSTILE, RULES, hostile_feed, report
from test_replay import make_feed
from weir import tap

PATIENCE_S = 300
# A name that leads nowhere: what the browser asks of its makers, and all a page could ask for, goes no further.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND",
         "--enable-logging=stderr", "--v=0", "--hide-scrollbars"]


def browser():
    found = shutil.which("chromium")
    if not found:
        raise tap.Skip("chromium is not installed")
    return found


def browse(folder, page, *args):
    """What the browser prints, and what its console said."""
    done = subprocess.run([browser(), *FLAGS, f"--user-data-dir={folder.path}/profile", *args, f"file://{page}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE_S, cwd=folder.path)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    said = [x for x in done.stderr.decode(errors="replace").splitlines() if ":CONSOLE:" in x]
    return done.stdout, said


def hosts(netlog):
    """Whom the browser asked for anything."""
    return set(re.findall(r'"url":"(?:https?|wss?|ftp)://([^/"]+)', netlog.read_text(errors="replace")))


def show(folder, html, data):
    page = folder.write("report.html", html)
    dom, said = browse(folder, page, f"--log-net-log={folder.path}/net.json", "--dump-dom")
    assert not said, said
    shown = Page(dom.decode("utf-8"))
    expect_same_figures(shown.figures, data)
    return shown


def test_the_watch_is_awake():
    """A page that does what a report must not is seen to."""
    with weir.Folder() as folder:
        html = report(weir.INDIA / "posts.ndjson").decode()
        page = folder.write("bad.html", html.replace("<main>", "<main><script>1</script>"))
        _, said = browse(folder, page, "--dump-dom")
        assert any("Content Security Policy" in x for x in said), said
        page = folder.write("worse.html", '<img src="http://192.0.2.1/x.png">')
        browse(folder, page, f"--log-net-log={folder.path}/net.json", "--dump-dom")
        assert "192.0.2.1" in hosts(folder.path / "net.json")


def test_reports_ask_nobody_for_anything():
    with weir.Folder() as folder:
        blank = folder.write("blank.html", "<!DOCTYPE html><title>x</title>")
        browse(folder, blank, f"--log-net-log={folder.path}/net.json", "--dump-dom")
        own = {h.split(".")[-2] for h in hosts(folder.path / "net.json")}
        data = load(report(weir.INDIA / "posts.ndjson", args=("--json",)))
        shown = show(folder, report(weir.INDIA / "posts.ndjson"), data)
        asked = {h for h in hosts(folder.path / "net.json") if h.split(".")[-2] not in own | {"google", "googleapis"}}
        assert not asked, asked
        assert shown.tags["svg"] > 4 and shown.tags["details"] > 3


def test_hostile_texts_do_nothing_in_a_browser():
    with weir.Folder() as folder:
        rules = folder.write("r.yaml", RULES.replace("[t5]", "['*', t5]"))
        feed = folder.write("f.ndjson", b"".join(hostile_feed()))
        shown = show(folder, report(feed, rules=rules), load(report(feed, rules=rules, args=("--json",))))
        assert HOSTILE[0] in shown.text


def test_a_real_feed_is_shown_and_printed():
    data_dir = weir.data_dir()
    with weir.Folder() as folder:
        subprocess.run([sys.executable, weir.ROOT / "tests/tools/make_rules.py", "--seed", "1", "--kind", "feeds", "--data", data_dir,
                        "--out", folder.path], check=True, stdout=subprocess.DEVNULL)
        feeds = data_dir / "feeds"
        data = load(report(feeds, rules=folder.path, args=("--json",)))
        shown = show(folder, report(feeds, rules=folder.path), data)
        assert len(shown.figures) > 1000
        png, pdf = folder.path / "r.png", folder.path / "r.pdf"
        _, said = browse(folder, folder.path / "report.html", "--window-size=1100,2400", f"--screenshot={png}")
        assert not said and png.read_bytes()[:4] == b"\x89PNG" and png.stat().st_size > 50000
        _, said = browse(folder, folder.path / "report.html", "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
        assert not said and pdf.read_bytes()[:5] == b"%PDF-"
        # on paper nothing is folded
        unfolded = folder.write("unfolded.html", (folder.path / "report.html").read_bytes().replace(b'<details class="fold">', b'<details class="fold" open>'))
        browse(folder, unfolded, "--no-pdf-header-footer", f"--print-to-pdf={folder.path}/u.pdf")
        assert pages(pdf) == pages(folder.path / "u.pdf") > 10


def pages(pdf):
    found = re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b", pdf.read_bytes())
    return max(int(a or b) for a, b in found)


def test_made_up_posts_are_shown_by_day():
    with weir.Folder() as folder:
        rules, feed = folder.write("r.yaml", RULES), folder.write("f.ndjson", make_feed(5000))
        data = load(report(feed, rules=rules, args=("--json",)))
        shown = show(folder, report(feed, rules=rules), data)
        bars = sum(1 for s in data["steps"] if s["withheld"] + s["downranked"])
        assert bars > 20 and f"{json.dumps(data['totals']['withheld'])}" in shown.text.replace("\u202f", "")


if __name__ == "__main__":
    tap.main()
