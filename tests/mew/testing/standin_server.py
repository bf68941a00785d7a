# SPDX-License-Identifier: Apache-2.0
"""What a stand-in for QEMU does after its start (tests/mew/vm/standin.py) to serve one port."""
from __future__ import annotations

# The host's port 8080 leads to a socket of its own, where the "program" answers each connection
# with `answer`, until it is asked to end.
SERVER = r"""
server = socket.create_server(("127.0.0.1", 0))
answers["human-monitor-command"] = (
    "  TCP[HOST_FORWARD]  3  127.0.0.1 %d  10.0.2.15  8080  0  0\r\n" % server.getsockname()[1]
)
def stop(count): end(b'exit', code, 33)
threading.Thread(target=serve, daemon=True).start()
answer, code = b"hello", 0
let_go.wait()
"""
LISTEN = r"""
say(b"\x1eMEW1 nonce=NONCE listening=tcp:8080\n")
while True:
    connection, _ = server.accept()
    print("served", flush=True)
    connection.sendall(answer)
    connection.close()
"""
