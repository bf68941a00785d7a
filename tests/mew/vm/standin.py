# SPDX-License-Identifier: Apache-2.0
"""A stand-in for QEMU: the start of a small program that gets its command line."""
from __future__ import annotations

import sys

# Finds its control socket and its nonce as the guest would: by the command line.
PRELUDE = f"""#!{sys.executable}
import os, re, socket, sys
line = " ".join(sys.argv)
control = socket.socket(fileno=int(re.search(r"socket,id=control,fd=(\\d+)", line)[1]))
config = open(re.search(r"file=(\\S+)", line)[1], "rb").read()
nonce = re.search(rb"nonce=([0-9a-f]+)", config)[1]
def say(text): control.sendall(text.replace(b"NONCE", nonce))
def end(kind, code, status):
    say(b"\\x1eMEW1 nonce=NONCE kind=%s code=%d \\n" % (kind, code))
    os._exit(status)
"""

# Answers QEMU's monitor, and calls `stop(count)` for each time the program is asked to end.
MONITOR = r"""
import json, threading
monitor = socket.socket(fileno=int(re.search(r"socket,id=monitor,fd=(\d+)", line)[1]))
running, error, asked, answers = True, None, 0, {}
let_go = threading.Event()
def serve():
    global asked
    monitor.sendall(b'{"QMP": {}}\r\n')
    for command in monitor.makefile():
        command = json.loads(command)
        answer = {"return": {}, "id": command["id"]}
        if command["execute"] == "query-status":
            answer["return"] = {"running": running}
        if command["execute"] == "cont": let_go.set()
        if command["execute"] in answers:
            answer["return"] = answers[command["execute"]]
        if command["execute"] == "inject-nmi":
            if error: answer = {"error": {"desc": error}, "id": command["id"]}
        monitor.sendall(json.dumps(answer).encode() + b"\r\n")
        if command["execute"] == "inject-nmi":
            asked += 1
            stop(asked)
say(b"%d\n" % os.getpid())
"""
