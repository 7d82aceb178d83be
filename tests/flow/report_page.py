"""A report's page as tests read it: well-formed, self-contained, and the figures in it."""
import json
import re
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr", "source", "track", "wbr", "col", "base", "area", "embed"}
# What loads or runs something, or could.
BANNED = {"script", "iframe", "object", "embed", "img", "link", "image", "audio", "video", "source", "form", "base",
          "foreignobject", "use", "a", "input", "button"}
ALLOWED_ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "role", "aria-label", "aria-hidden",
                      "aria-labelledby", "data-figure", "datetime", "scope", "viewbox", "width", "height", "x", "y", "x1",
                      "x2", "y1", "y2", "d", "patternunits", "patterntransform", "fill", "open"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.figures, self.ids, self.refs, self.tags = [], {}, [], [], {}
        self.figure = None
        self.texts = []
        self.policy = self.style = None
        assert text.startswith("<!DOCTYPE html>"), text[:80]
        self.feed(text)
        self.close()
        assert not self.stack, f"not closed: {self.stack}"
        assert len(self.ids) == len(set(self.ids)), "ids are there twice"
        assert set(self.refs) <= set(self.ids), set(self.refs) - set(self.ids)

    def handle_starttag(self, tag, attrs):
        assert tag not in BANNED, f"<{tag}> in a report"
        self.tags[tag] = self.tags.get(tag, 0) + 1
        found = dict(attrs)
        assert len(found) == len(attrs), (tag, attrs)
        assert set(found) <= ALLOWED_ATTRIBUTES, (tag, attrs)
        if "id" in found:
            self.ids.append(found["id"])
        self.refs += found.get("aria-labelledby", "").split()
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        if "data-figure" in found:
            assert self.figure is None, "a figure in a figure"
            self.figure = [found["data-figure"], "", len(self.stack)]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.stack and self.stack[-1] == tag, f"</{tag}> closes {self.stack[-1:]} at {self.getpos()}"
        self.stack.pop()
        if self.figure and len(self.stack) == self.figure[2]:
            path, text, _ = self.figure
            value = int(text.replace("\u202f", ""))
            assert self.figures.setdefault(path, value) == value, f"{path} is shown twice, otherwise"
            self.figure = None

    def handle_data(self, data):
        if self.stack[-1:] == ["style"]:
            self.style = data
            return
        self.texts.append(data)
        if self.figure:
            self.figure[1] += data

    def handle_comment(self, data):
        raise AssertionError("a comment")

    @property
    def text(self):
        return " ".join(self.texts)


def at_path(report, path):
    """What JSON has there: `orders.0.line.3.withheld`."""
    for step in path.split("."):
        report = report[int(step) if isinstance(report, list) else step]
    return report


def expect_same_figures(figures, report):
    """All that the page shows is what JSON has; and of JSON's figures the page shows those that it should."""
    for path, value in figures.items():
        assert at_path(report, path) == value, (path, value, at_path(report, path))
    shown = {f"{part}.{key}" for part in ("input", "totals") for key in report[part]}
    for part in ("regions", "orders", "rules", "exemptions", "tags", "accounts"):
        for i, row in enumerate(report[part][:500]):
            shown |= {f"{part}.{i}.{key}" for key, value in row.items() if type(value) is int}
    for part in ("skips", "errors"):
        shown |= {f"{part}.{i}.n" for i in range(len(report[part]))}
    for i, step in enumerate(report["steps"]):
        shown |= {f"steps.{i}.posts", f"steps.{i}.withheld"} if step["posts"] else set()
    missing = shown - set(figures)
    assert not missing, sorted(missing)[:20]
    assert len(figures) > 20


def read(html):
    return Page(html.decode("utf-8"))


def strings_of(value):
    """All texts in JSON."""
    if isinstance(value, dict):
        for v in value.values():
            yield from strings_of(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings_of(v)
    elif isinstance(value, str):
        yield value


def without_numbers(text):
    return re.sub(r"\d+", "0", text)


def load(out):
    assert out.endswith(b"}\n") and out.count(b"\n") == 1
    return json.loads(out)
