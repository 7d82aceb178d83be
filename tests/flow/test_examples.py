"""The examples of rules/examples: their rules are sound, and decide as was derived by hand."""
import weir
from weir import tap


def cases():
    """(folder, clock, expected) for `clock` + `expected.ndjson`, and for each `clock.NAME`."""
    for folder in sorted(p for p in weir.EXAMPLES.iterdir() if p.is_dir()):
        for clock in sorted(folder.glob("clock*")):
            name = clock.name[len("clock"):]
            yield folder, clock.read_text().strip(), folder / f"expected{name}.ndjson"


def test_there_are_examples_of_each_kind():
    assert {f.name for f, _, _ in cases()} >= {"india-2021", "france-court-2024", "eu-group",
                                              "policy-confusables"}


def check_of(folder):
    done = weir.expect(weir.run("check", folder))
    assert b" warning: " not in done.err + done.out, done.text()


def compare(folder, clock, expected):
    got = [weir.masked(x) for x in weir.replay(folder / "posts.ndjson", rules=folder,
                                               clock=clock).lines]
    wanted = expected.read_bytes().split(b"\n")[:-1]
    wrong = [f"record {n + 1}\n  expected {w.decode()}\n  got      {g.decode(errors='replace')}"
             for n, (w, g) in enumerate(zip(wanted, got)) if w != g]
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong)
    assert len(got) == len(wanted), f"{len(wanted)} records expected, {len(got)} came"


def _add(folder, clock, expected):
    name = f"{folder.name}_{expected.stem}".replace("-", "_").replace(".", "_")

    def check():
        check_of(folder)

    def decides():
        compare(folder, clock, expected)

    globals()[f"test_{name}_check"] = check
    globals()[f"test_{name}_replay"] = decides


for case in cases():
    _add(*case)

if __name__ == "__main__":
    tap.main()
