"""Runs a program at a terminal of its own, types, and prints all that the terminal has shown.

terminal.py <JSON of [[wait for this text, then type this], ...]> <program> [arguments]
"""
import json
import os
import pty
import sys

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

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
        os.write(terminal, keys.encode())
_, status = os.waitpid(pid, 0)
json.dump({"code": os.waitstatus_to_exitcode(status), "shown": shown.decode(), "left": steps}, sys.stdout)
