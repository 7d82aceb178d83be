"""A reader of Prometheus' text format 0.0.4 that forgives nothing.

https://prometheus.io/docs/instrumenting/exposition_formats/ and the naming rules beside it.
"""
import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
VALUE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf)|NaN")
TYPES = ("counter", "gauge", "histogram")
NO_BASE_UNIT = re.compile(r"_(ms|us|ns|milliseconds|microseconds|minutes|hours|kilobytes|kib|mib|percent)(_|$)")


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type = name, help_text, None
        self.samples = {}  # (name, ((label, value), ...)) -> number, in their order


def unescape(text, escapes, where):
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            assert text[at:at + 2] in escapes, f"no such escape: {where}"
            out.append(escapes[text[at:at + 2]])
            at += 2
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def read_labels(text, where):
    """What stands behind `{`; returns (labels, what stands behind `}`)."""
    labels = []
    while True:
        label = LABEL.match(text)
        assert label and text[label.end():label.end() + 2] == '="', f"a label: {where}"
        assert not label[0].startswith("__"), f"a reserved label: {where}"
        assert label[0] not in dict(labels), f"a label twice: {where}"
        text = text[label.end() + 2:]
        value = re.match(r'((?:[^"\\\n]|\\.)*)"', text)
        assert value, f"a label's value: {where}"
        labels.append((label[0], unescape(value[1], {"\\\\": "\\", '\\"': '"', "\\n": "\n"}, where)))
        text = text[value.end():]
        if text.startswith("}"):
            return tuple(labels), text[1:]
        assert text.startswith(","), f"a comma: {where}"
        text = text[1:]


def read_sample(line):
    name = NAME.match(line)
    assert name, f"a name: {line}"
    labels, rest = (), line[name.end():]
    if rest.startswith("{"):
        labels, rest = read_labels(rest[1:], line)
    assert rest.startswith(" ") and VALUE.fullmatch(rest[1:]), f"a blank and a value: {line}"
    return name[0], labels, float(rest[1:])


def belongs(name, family):
    if family.type == "histogram":
        return name in (family.name + "_bucket", family.name + "_sum", family.name + "_count")
    return name == family.name


def check_histogram(family):
    bounds, before, count, total = [], 0.0, None, None
    for (name, labels), value in family.samples.items():
        if name.endswith("_bucket"):
            assert [k for k, _ in labels] == ["le"] and total is None, family.name
            bounds.append(float(dict(labels)["le"].replace("+Inf", "inf")))
            assert value >= before, f"{family.name} is not cumulative"
            before = value
        elif name.endswith("_sum"):
            total = value
        else:
            count = value
    assert bounds == sorted(set(bounds)) and math.isinf(bounds[-1]), f"{family.name}: {bounds}"
    assert count == before and total is not None and total >= 0, family.name


def check_family(family):
    assert family.type, f"{family.name} has no TYPE"
    assert not NO_BASE_UNIT.search(family.name), f"{family.name} is in no base unit"
    assert (family.type == "counter") == family.name.endswith("_total"), family.name
    assert not family.name.endswith(("_count", "_sum", "_bucket", "_info_total")), family.name
    if family.type == "histogram":
        check_histogram(family)
    if family.type == "counter":
        assert all(v >= 0 and math.isfinite(v) for v in family.samples.values()), family.name
    if family.name.endswith("_info"):
        assert all(v == 1 for v in family.samples.values()), family.name


def parse(text):
    """name -> Family; raises where a line is not as the format has it."""
    families, current = {}, None
    assert text.endswith("\n") and "\r" not in text, "lines end in a newline each"
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, help_text = line[len("# HELP "):].partition(" ")
            assert NAME.fullmatch(name) and help_text, line
            assert name not in families, f"{name} comes twice"
            current = families[name] = Family(name, unescape(help_text, {"\\\\": "\\", "\\n": "\n"}, line))
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert current and name == current.name and kind in TYPES, line
            assert current.type is None and not current.samples, f"TYPE comes first and once: {line}"
            current.type = kind
        else:
            name, labels, value = read_sample(line)
            assert current and current.type and belongs(name, current), f"not of its family: {line}"
            key = name, tuple(sorted(labels))
            assert key not in current.samples, f"twice: {line}"
            current.samples[key] = value
    for family in families.values():
        check_family(family)
    return families


class Scrape:
    """One scrape: a look-up by name and labels."""

    def __init__(self, text):
        self.text, self.families = text, parse(text)

    def __call__(self, name, **labels):
        """The value; of a counter with labels that never counted, 0."""
        family = self.families.get(name) or self.families[re.sub("_(bucket|sum|count)$", "", name)]
        return family.samples.get((name, tuple(sorted(labels.items()))), 0 if labels else None)

    def sum(self, name):
        return sum(self.families[name].samples.values())

    def labels(self, name, label):
        return [dict(labels)[label] for _, labels in self.families[name].samples]


def check_never_fell(before, after):
    for name, family in before.families.items():
        if family.type == "gauge":
            continue
        now = after.families[name].samples
        for key, value in family.samples.items():
            assert key in now, f"{key} has vanished"
            assert now[key] >= value, f"{key} fell from {value} to {now[key]}"
