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
