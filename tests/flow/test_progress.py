"""What a terminal is told while a feed is replayed, and a log is not."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import weir
from test_replay import Given
from weir import tap


def test_a_terminal_sees_a_bar_and_a_log_does_not():
    with Given(60000) as given:
        feeds = [str(given.write(f"feed{i}", given.lines)) for i in range(3)]
        command = [weir.TAGWEIR, "replay", "--rules", str(given.rules), "--clock", weir.CLOCK, *feeds]
        main, side = pty.openpty()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=side)
        os.close(side)
        said = b""
        end = time.monotonic() + weir.PATIENCE_S
        while process.poll() is None or select.select([main], [], [], 0)[0]:
            assert time.monotonic() < end, said
            if select.select([main], [], [], 0.1)[0]:
                try:
                    said += os.read(main, 65536)
                except OSError:
                    break
        os.close(main)
        assert process.wait() == 0
        if b"] " in said:  # it may have been too quick to be told of
            assert re.search(rb"\r\[=* *\] +\d+ %  [\d.]+ \w?B of [\d.]+ \wB, [\d.]+ \w?B/s(, \d+:\d\d left)? *", said), said
            assert said.index(b"clock") > said.rindex(b"] "), said
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=weir.PATIENCE_S)
        assert b"\r" not in done.stderr and b"%" not in done.stderr


def bars(given, out, columns, *args):
    """What a terminal of so many columns is told of a run over the feed and a pipe that trickles."""
    fifo = given.path / "fifo"
    if not fifo.exists():
        os.mkfifo(fifo)
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([weir.TAGWEIR, "replay", "--json", "--rules", given.rules, "--clock", weir.CLOCK,
                                "--out", out, *args, given.feed, fifo], stdout=subprocess.DEVNULL, stderr=side)
    os.close(side)
    said = b""
    with open(fifo, "wb") as feed:
        for _ in range(6):
            feed.write(weir.own(1))
            feed.flush()
            time.sleep(0.3)
        if "--resume" not in args:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=weir.PATIENCE_S)
    while True:
        try:
            said += os.read(main, 65536)
        except OSError:
            break
    os.close(main)
    process.wait(timeout=weir.PATIENCE_S)
    return [x for x in re.split(rb"[\r\n]+", said) if re.search(rb"\d %  \d", x)]


def test_a_bar_fits_its_terminal_and_a_rate_is_that_of_this_run():
    with Given(30000) as given:
        out = given.path / "o.ndjson"
        for columns in (120, 40, 12):
            told = bars(given, out, columns)
            assert told and all(len(x) < columns for x in told), (columns, told)
            assert columns != 120 or told[0].startswith(b"["), told
        told = bars(given, out, 120, "--resume")
        assert told and not re.search(rb"MB/s|0:0\d left", told[0]), told


if __name__ == "__main__":
    tap.main()
