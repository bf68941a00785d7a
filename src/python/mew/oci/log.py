# SPDX-License-Identifier: Apache-2.0
"""Errors for the engine: one line each in the file that --log names, as text or JSON."""
from __future__ import annotations

import json
import os
import time


def line(message: str, level: str, log_format: str, now_s: float) -> str:
    """Return a line in runc's format, which engines take their error texts from."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_s))
    if log_format == "json":
        return json.dumps({"level": level, "msg": message, "time": stamp}) + "\n"
    return f'time="{stamp}" level={level} msg={json.dumps(message)}\n'


def append(path: str, message: str, level: str, log_format: str) -> None:
    """Write one line to `path`. A log that cannot be written is nobody's reason to fail."""
    text = line(message, level, log_format, time.time()).encode("utf-8", "replace")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError:
        return
    try:
        os.write(descriptor, text)
    except OSError:
        pass
    finally:
        os.close(descriptor)
