"""The documentation's commands run, and print what is shown.

In a fenced ```sh block, lines that begin with `$ ` are run from the project's root; what follows is what
they print, where a line `…` stands for any lines. The digests of rule sets are not compared. A ```yaml
block that begins with `tagweir:` is a whole rule file, and must pass `check`.
"""
import os
import re
import subprocess
from pathlib import Path

import weir
from weir import tap

DOCUMENTS = ("README.md", "rules/README.md", "tests/README.md", "bench/README.md",
             "packaging/systemd/README.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
BUILD = Path(os.environ.get("TAGWEIR_BUILD", weir.ROOT / "build" / "debug"))
DIGEST = re.compile(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{64}\b")


def blocks(kind):
    for name in DOCUMENTS:
        text = (weir.ROOT / name).read_text()
        for n, block in enumerate(b for k, b in FENCE.findall(text) if k == kind):
            yield name, n, block


def commands(block):
    """(command, the lines shown behind it)"""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            if found[-1][1] == [] and found[-1][0].endswith("\\"):
                found[-1] = (found[-1][0][:-1] + line.strip(), [])
            else:
                found[-1][1].append(line)
    return found


def fits(got, shown):
    """Do the lines got fit those shown, a line of … being any number of lines?"""
    if not shown:
        return not got
    if shown[0].strip() == "…":
        return any(fits(got[i:], shown[1:]) for i in range(len(got) + 1))
    return bool(got) and got[0].rstrip() == shown[0].rstrip() and fits(got[1:], shown[1:])


def run_command(command, shown):
    command = command.replace("build/release/tagweir", weir.TAGWEIR)
    with weir.Folder() as folder:
        done = subprocess.run(["bash", "-euc", command], cwd=weir.ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=weir.PATIENCE_S,
                              env=dict(os.environ, NO_COLOR="1", TMPDIR=str(folder.path)))
    got = DIGEST.sub("*", done.stdout.decode(errors="replace")).replace(str(weir.ROOT) + "/", "")
    assert done.returncode == 0, f"{command}\nexit {done.returncode}\n{got}"
    if shown:
        wanted = [DIGEST.sub("*", x) for x in shown]
        assert fits(got.splitlines(), wanted), f"{command}\n--- shown\n" + "\n".join(
            wanted) + f"\n--- printed\n{got}"


def _add(name, n, k, command, shown):
    def check():
        run_command(command, shown)

    words = re.sub(r"\W+", "_", f"{name} {n} {k} " + command.replace("build/release/", ""))[:100]
    globals()["test_" + words] = check


for document, number, text in blocks("sh"):
    for k, (command, shown) in enumerate(commands(text)):
        _add(document, number, k, command, shown)


def test_rule_files_shown_whole_are_sound():
    count = 0
    for name, n, block in blocks("yaml"):
        if not block.startswith("tagweir:"):
            continue
        count += 1
        with weir.Folder() as folder:
            done = weir.run("check", folder.write("rules.yaml", block))
        assert done.code == 0 and b" warning: " not in done.err, f"{name}, block {n}\n{done.text()}"
    assert count


def test_parts_of_rule_files_shown_are_sound():
    """A block with `orders:` or `lists:` at its top becomes a whole file with the line it lacks."""
    for name, n, block in blocks("yaml"):
        if not block.startswith(("orders:", "groups:")):
            continue
        with weir.Folder() as folder:
            done = weir.run("check", folder.write("rules.yaml", "tagweir: 1\n" + block))
        assert done.code == 0, f"{name}, block {n}\n{done.text()}"


def test_the_program_that_is_shown_runs():
    if "san" in BUILD.name or not (BUILD / "libtagweir.so").exists():
        raise tap.Skip("needs the shared library of a build without sanitizers")
    (block,) = (b for name, _, b in blocks("c") if name == "README.md")
    with weir.Folder() as folder:
        source, program = folder.write("example.c", block), folder.path / "example"
        subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-I", weir.ROOT / "include", source,
                        "-o", program, BUILD / "libtagweir.so"], check=True)
        done = subprocess.run([program, weir.INDIA], stdout=subprocess.PIPE, check=True,
                              env=dict(os.environ, LD_LIBRARY_PATH=str(BUILD)))
    record = weir.masked(done.stdout)
    assert record.startswith(b'{"v":1,"post":"1","author":"@x","action":"downrank",'), record


def install(prefix):
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], stdout=subprocess.DEVNULL, check=True)


def test_what_is_installed_anywhere_is_built_with_as_is_shown():
    if "san" in BUILD.name or not (BUILD / "libtagweir.so").exists():
        raise tap.Skip("needs the shared library of a build without sanitizers")
    (program,) = (b for name, _, b in blocks("c") if name == "README.md")
    (command,) = (b for name, _, b in blocks("sh") if name == "README.md" and b.startswith("cc "))
    with weir.Folder() as folder:
        prefix = folder.path / "some where" / "else"
        install(prefix)
        folder.write("example.c", program)
        (pc,) = prefix.rglob("tagweir.pc")
        environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), LD_LIBRARY_PATH=str(pc.parent.parent))
        known = subprocess.run(["pkg-config", "--variable=prefix", "tagweir"], env=environment,
                               stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        assert os.path.samefile(known.replace("\\ ", " "), prefix), known
        # a shell would cut the blank of this prefix in two: eval reads pkg-config's backslash
        subprocess.run(["bash", "-euc", "eval " + command.strip()], cwd=folder.path, env=environment, check=True)
        done = subprocess.run([folder.path / "a.out", weir.INDIA], stdout=subprocess.PIPE, check=True,
                              env=environment)
        assert done.stdout.startswith(b'{"v":1,"post":"1","author":"@x","action":"downrank",'), done
        said = subprocess.run([prefix / "bin" / "tagweir", "--version"], stdout=subprocess.PIPE, check=True)
        assert said.stdout.startswith(b"tagweir "), said


def test_quickstart_builds_what_installing_needs():
    assert "--target installed;" in (weir.ROOT / "quickstart").read_text()
    needed = subprocess.run(["ninja", "-C", BUILD, "-t", "query", "installed"], stdout=subprocess.PIPE,
                           text=True, check=True).stdout
    assert {"libtagweir.a", "libtagweir.so", "tagweir"} <= set(needed.split()), needed


def test_files_that_are_linked_are_there():
    for name in DOCUMENTS:
        path = weir.ROOT / name
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
            assert link.startswith("http") or (path.parent / link).exists(), f"{name}: {link}"


if __name__ == "__main__":
    tap.main()
