"""Plots of what tagweir-bench measured: cost of a tag against the number of rules, log over log.

usage: plot.py RESULTS.json FOLDER

One SVG for each workload and stream that has at least two numbers of rules. Standard library only.
"""
import json
import math
import sys
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 900, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 330, 60, 55
# Distinct in print and for the colour-blind (Okabe and Ito); ours is the strong one.
COLOURS = {"tagweir": "#d55e00", "tagweir-memo": "#e69f00", "uthash-pcre2": "#555555",
           "hash-hs-call": "#0072b2", "hash-hs-joined": "#56b4e9", "hs-joined": "#009e73",
           "hash-hs-call-framed": "#0072b2", "hash-hs-framed": "#56b4e9", "hs-framed": "#009e73",
           "re2-set": "#cc79a7"}


def series_of(results, workload, tokens):
    """{engine: [(rules, median, min, max)]}"""
    found = {}
    for row in results:
        if row["workload"] == workload and row["tokens"] == tokens and "ns" in row:
            ns = row["ns"]
            found.setdefault(row["engine"], []).append(
                (row["rules"], ns["median"], ns["min"], ns["max"]))
    return {engine: sorted(points) for engine, points in found.items()}


class Axes:
    """From numbers to places, by whole decades."""

    def __init__(self, points):
        xs = [p[0] for p in points]
        ys = [v for p in points for v in p[1:]]
        self.x0, self.x1 = math.log10(min(xs)), math.log10(max(xs))
        self.y0, self.y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def x(self, rules):
        share = (math.log10(rules) - self.x0) / (self.x1 - self.x0)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, ns):
        share = (math.log10(ns) - self.y0) / (self.y1 - self.y0)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def text(x, y, said, anchor="start", size=13, extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{extra}>'
            f"{escape(said)}</text>")


def short(ns):
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:g} {unit}"
    return f"{ns:g} ns"


def grid(axes, sizes):
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for decade in range(axes.y0, axes.y1 + 1):
        y = axes.y(10 ** decade)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>'
        yield text(LEFT - 8, y + 4, short(10 ** decade), "end", 12)
    for rules in sizes:
        x = axes.x(rules)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#eee"/>'
        yield text(x, bottom + 18, f"{rules:,}", "middle", 12)
    yield text((LEFT + right) / 2, HEIGHT - 12, "rules", "middle")


def curve(axes, engine, points):
    colour = COLOURS.get(engine, "#000")
    width = 3.5 if engine.startswith("tagweir") else 1.8
    dash = ' stroke-dasharray="6 4"' if engine.endswith("framed") else ""
    path = " ".join(f"{axes.x(p[0]):.1f},{axes.y(p[1]):.1f}" for p in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>'
    for rules, median, low, high in points:
        x = axes.x(rules)
        yield (f'<line x1="{x:.1f}" y1="{axes.y(low):.1f}" x2="{x:.1f}" y2="{axes.y(high):.1f}" '
               f'stroke="{colour}"/><circle cx="{x:.1f}" cy="{axes.y(median):.1f}" r="3.5" '
               f'fill="{colour}"><title>{escape(engine)}: {short(round(median, 1))}, '
               f"{rules:,} rules</title></circle>")


def labels(axes, series, titles):
    """Names beside the ends of the curves, moved apart where they would touch."""
    ends = sorted((axes.y(points[-1][1]), engine) for engine, points in series.items())
    places, least, most = [], TOP, HEIGHT - BOTTOM + 10
    for y, engine in ends:
        places.append([y, max(y, least), engine])
        least = places[-1][1] + 18
    for place in reversed(places):
        place[1] = min(place[1], most)
        most = place[1] - 18
    right = WIDTH - RIGHT
    for y, at, engine in places:
        x = axes.x(series[engine][-1][0])
        colour = COLOURS.get(engine, "#000")
        yield (f'<line x1="{x + 5:.1f}" y1="{y:.1f}" x2="{right + 22}" y2="{at:.1f}" '
               f'stroke="{colour}" stroke-width="0.8"/>')
        yield text(right + 26, at + 4, titles[engine], extra=f' fill="{colour}"')


def draw(series, titles, heading):
    points = [p for curve_points in series.values() for p in curve_points]
    axes = Axes(points)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             text(LEFT, 26, heading, size=16),
             text(LEFT, 46, "CPU time to find the rules that match a tag; medians, with the "
                  "fastest and slowest round", size=12)]
    parts += grid(axes, sorted({p[0] for p in points}))
    for engine, curve_points in series.items():
        parts += curve(axes, engine, curve_points)
    parts += labels(axes, series, titles)
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        measured = json.load(file)
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    titles = {e["name"]: e["title"] for e in measured["engines"]}
    results = measured["results"]
    drawn = 0
    for workload, tokens in sorted({(r["workload"], r["tokens"]) for r in results}):
        series = series_of(results, workload, tokens)
        if len({p[0] for points in series.values() for p in points}) < 2:
            continue
        (folder / f"{workload}-{tokens}.svg").write_text(
            draw(series, titles, f"{workload} rules, {tokens} tags"), encoding="utf-8")
        drawn += 1
    print(f"{drawn} plots in {folder}" if drawn else
          "nothing to plot: no workload was measured with two numbers of rules")


if __name__ == "__main__":
    main()
