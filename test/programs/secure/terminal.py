"""Runs a program at a terminal of its own, types, and prints all that the terminal has shown.

terminal.py <JSON of [[wait for this text, then type this], ...]> <program> [arguments]

What is typed is null to hang up. It prints, too, whether the terminal's mode at the end is what it was at the start.
"""
import json
import os
import pty
import sys
import termios

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

before = termios.tcgetattr(terminal)
shown = b""
seen = 0
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:  # the program has closed the terminal
        break
    if not more:
        break
    shown += more
    while steps and steps[0][0].encode() in shown[seen:]:
        wait, keys = steps.pop(0)
        seen = shown.index(wait.encode(), seen) + len(wait)
        if keys is None:
            os.close(terminal)
            terminal = None
            break
        os.write(terminal, keys.encode())
    if terminal is None:
        break
_, status = os.waitpid(pid, 0)
restored = terminal is not None and termios.tcgetattr(terminal) == before
json.dump(
    {"code": os.waitstatus_to_exitcode(status), "shown": shown.decode(), "left": steps, "restored": restored},
    sys.stdout,
)
