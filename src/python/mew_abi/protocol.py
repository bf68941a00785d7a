# SPDX-License-Identifier: Apache-2.0
"""How a booted VM talks to the process that started it: configuration in, end report out.

Configuration: the fw_cfg file CONFIG_FILE, a run of NUL-terminated `key=value` records in any
order: `arg=` (repeated, argv[0] first), `env=NAME=VALUE` (repeated), `nonce=` (hex digits),
`log=` (error|warn|info|debug), `stdin=request` and `notices=listening` (see below),
`preopen=NAME=KIND` (repeated: a directory to start with, `preopens.py`), `listen=tcp:8080`
(repeated: a socket to start with, `network.py`). Values may hold any byte but NUL. Without the file
(another monitor) the PVH command line is split at spaces into arguments and the nonce is empty.
Either is at most CONFIG_BYTES_MAX long.

Addresses of the machine's network, in the same file (`network.py`): `ip=10.0.2.15/24` (repeated,
IPv4 or IPv6), `gateway=10.0.2.2` (at most one of each), `dns=10.0.2.3` (repeated, in the order in
which they are asked), `hostname=NAME`. Without `ip=` the machine asks by DHCP. On a command line
the words `ip=...` and `gateway=...` mean the same and are no arguments.

Standard input is passed on demand, so that a runner reads no more than the program does. The
guest writes to the control serial port

    \\x1eMEW1 nonce=<hex> want=stdin\\n

and the runner answers once on the same port: a length (two bytes, little-endian, at most
STDIN_BYTES_MAX) and as many bytes; length 0 is the end of the input. Without `stdin=request` the
input is at its end from the start.

Notices: with `notices=listening` the guest writes to the control serial port

    \\x1eMEW1 nonce=<hex> listening=<tcp|udp>:<port>\\n

as soon as a socket takes connections, or datagrams, at a port: at the program's start for the
sockets that it starts with.

Stop: a runner that wants the program to end injects an NMI (QEMU's monitor: `inject-nmi`), and
again each second, since a machine drops it as long as its kernel has not set up LINT1 for it. A
kernel takes all of them as one request (docs/howto/network.md says what a program sees).

End report: one line on the control serial port (COM2, or COM1 where there is no COM2),

    \\x1eMEW1 nonce=<hex> kind=<exit|trap|panic> code=<u32 decimal> <free text>\\n

then a write of the kind's class to the debug-exit port. QEMU's own status is ambiguous (1 is
also "bad arguments", 0 is also a triple fault), so a runner believes a status only together with
a report that carries its nonce.
"""

CONFIG_FILE = "opt/dev.mew/config"
CONFIG_BYTES_MAX = 0x1_0000
DEBUG_EXIT_PORT = 0xF4
STDIN_BYTES_MAX = 0x1000
REPORT_PREFIX = "\x1eMEW1 "

# Value written to isa-debug-exit; QEMU then exits with (value << 1) | 1.
CLASS_EXIT = 0x10
CLASS_TRAP = 0x11
CLASS_PANIC = 0x12
QEMU_STATUS_EXIT = (CLASS_EXIT << 1) | 1
QEMU_STATUS_TRAP = (CLASS_TRAP << 1) | 1
QEMU_STATUS_PANIC = (CLASS_PANIC << 1) | 1

# What `mew run` exits with when the program itself did not choose a code. 134 is what a shell
# shows for SIGABRT, which is what a Linux process that traps dies of.
RUNNER_EXIT_TRAP = 134
RUNNER_EXIT_PANIC = 125
RUNNER_EXIT_TIMEOUT = 124
RUNNER_EXIT_VMM_FAILURE = 126
# What a shell shows for SIGPIPE: whoever read the output has gone.
RUNNER_EXIT_READER_GONE = 141
