"""The systemd units: they are valid, take away what the server does not need, and say what it knows."""
import re
import shutil
import subprocess

import weir
from weir import tap

UNITS = weir.ROOT / "packaging" / "systemd"
# What systemd calls the exposure, in tenths: 0 is none. It was 15 when this was written.
EXPOSURE_MAX = 20


def analyze(*args):
    if not shutil.which("systemd-analyze"):
        raise tap.Skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", *map(str, args)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=weir.PATIENCE_S)
    if "Unknown command verb" in done.stdout or "unrecognized option" in done.stdout:
        raise tap.Skip("this systemd-analyze is too old")
    return done


def exec_start():
    text = (UNITS / "tagweir.service").read_text()
    return re.search(r"^ExecStart=(.*)$", text, re.M)[1]


def test_the_units_are_valid():
    with weir.Folder() as folder:
        for path in UNITS.glob("tagweir.s[eo]*"):
            # systemd looks for the program where it will be installed
            folder.write(path.name, path.read_text().replace("ExecStart=tagweir ",
                                                             f"ExecStart={weir.TAGWEIR} "))
        done = analyze("verify", "--man=no", folder.path / "tagweir.service",
                       folder.path / "tagweir.socket")
    # of other units on this machine, which are loaded along, nothing is to be said here
    ours = [line for line in done.stdout.splitlines() if "tagweir" in line]
    assert not ours, done.stdout
    assert done.returncode == 0 or done.stdout, done.returncode


def test_the_sandbox_is_tight():
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE_MAX}",
                   UNITS / "tagweir.service")
    assert done.returncode == 0, done.stdout


def test_regexes_may_become_machine_code():
    settings = [line.partition("=") for line in (UNITS / "tagweir.service").read_text().splitlines()
                if not line.startswith("#")]
    denied = [value for name, _, value in settings if name == "MemoryDenyWriteExecute"]
    assert not denied, denied


def test_the_server_knows_the_options_of_its_unit():
    known = set(re.findall(r"--[a-z-]+", weir.expect(weir.run("serve", "--help")).out.decode()))
    used = set(re.findall(r"--[a-z-]+", exec_start()))
    assert used and used <= known, used - known


if __name__ == "__main__":
    tap.main()
