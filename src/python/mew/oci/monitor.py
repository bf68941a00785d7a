# SPDX-License-Identifier: Apache-2.0
"""The process that engines take for the container: it starts QEMU, and ends as its program does.

It is forked by `create` and answers requests on a socket in the container's directory: `start`
once, then `pause` and `resume`. Signals that end processes ask the program to end (`mew.vm.stop`).
"""
from __future__ import annotations

import os
import select
import signal
import socket
import stat
from dataclasses import replace
from typing import BinaryIO
from typing import Callable
from typing import Optional

from mew.errors import MewError
from mew.oci import guest
from mew.oci import hooks
from mew.oci import jail
from mew.oci import network
from mew.oci import state as states
from mew.oci import vm
from mew.oci.plan import Plan
from mew.oci.rootfs import resolve
from mew.oci.spec import Spec
from mew.vm.events import Events
from mew.vm.report import ControlStream
from mew.vm.report import Ending
from mew.vm.report import Outcome
from mew.vm.report import interpret
from mew.vm.session import Session
from mew.vm.session import Streams
from mew_abi import protocol
from mew_abi.network import Addressing

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# What a process that is alone in its container would not notice either.
_IGNORED = (
    signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM,
    signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU,
)  # fmt: skip
_SIGNAL_STATUS = 128
# The kernel's, for a program that ended since it was asked to.
_STOPPED = _SIGNAL_STATUS + signal.SIGTERM
_REQUEST_BYTES = 64
_CHUNK_BYTES = 1 << 16
_RESOLV_CONF = "/etc/resolv.conf"


class Monitor:
    """A container's life from the machine that waits to the exit code."""

    def __init__(self, plan: Plan, listener: socket.socket) -> None:
        self._plan = plan
        self._listener = listener
        self._attachment: Optional[network.Attachment] = None
        self._vm: Optional[vm.Vm] = None
        self._stdin = _open_stdin()
        self._caught: list[int] = []
        self._signals = _catch_signals(self._caught)

    def prepare(self) -> None:
        """Start the machine, held. Raises MewError for what makes `create` fail."""
        plan = self._plan
        if plan.place.jail is not None:
            jail.leave_host_mounts()
            jail.build(
                plan.place.jail, plan.spec, plan.qemu,
                shares_files=plan.kernel.shares_files(),
                uses_kvm=plan.machine.accelerator == "kvm",
            )  # fmt: skip
        self._attach_network()
        self._start_vm()

    def run(self) -> int:
        """Wait for `start`, then for the end; returns the exit code."""
        try:
            code = self._await_start()
            return self._follow() if code is None else code
        finally:
            if self._vm is not None:
                self._vm.end()
            self._detach_network()

    def _attach_network(self) -> None:
        plan = self._plan
        if not plan.may_have_network or not network.is_foreign(callers=plan.caller_netns):
            return
        interface = network.find_interface()
        if interface is None:
            return
        with open(os.path.join(plan.folder, states.INTERFACE_NAME), "w", encoding="utf-8") as file:
            file.write(interface.name)
        self._attachment = network.attach(interface, plan.config.tc)
        plan.log(f"network: {interface}")

    def _detach_network(self) -> None:
        if self._attachment is not None:
            network.detach(self._attachment.interface.name, self._plan.config.tc)

    def _start_vm(self) -> None:
        plan = self._plan
        machine, addressing = plan.machine, Addressing()
        if self._attachment is not None:
            link = guest.attached(plan.spec, self._attachment, _resolv_conf(plan.spec))
            machine, addressing = replace(machine, network=link), link.addressing
        configuration = guest.configuration(
            plan.spec, plan.config, plan.kernel, has_stdin=self._stdin is not None,
            addressing=addressing,
        )  # fmt: skip
        self._vm = vm.start(plan.qemu, plan.kernel.path, machine, configuration, plan.place)
        pid = self._vm.process.pid
        with open(os.path.join(plan.folder, states.VM_NAME), "w", encoding="ascii") as file:
            file.write(f"{pid} {states.start_time(pid)}")
        self._vm.await_ready()

    def _await_start(self) -> Optional[int]:
        """Serve `start`. An exit code if the container ends before."""
        said = ""
        while True:
            assert self._vm is not None and self._vm.process.stderr is not None
            ready, _, _ = select.select(
                [self._listener, self._signals, self._vm.process.stderr], [], []
            )
            if self._signals in ready:
                (number,) = os.read(self._signals, 1)
                return _SIGNAL_STATUS + number
            if self._vm.process.stderr in ready:
                data = self._vm.process.stderr.read1(_CHUNK_BYTES)
                said += data.decode("utf-8", "replace")
                if not data:
                    self._say(f"QEMU ended before the program's start: {said.strip()}")
                    return protocol.RUNNER_EXIT_VMM_FAILURE
            if self._listener in ready and self._serve(self._start):
                return None

    def _start(self, request: bytes) -> None:
        if request != b"start":
            raise MewError(f"the container is only created; {request.decode()} comes too early")
        if self._attachment is None:
            self._attach_network()
            if self._attachment is not None:
                # It came after `create`, as with `ctr run --cni`: the machine needs a device more.
                assert self._vm is not None
                self._vm.end()
                self._start_vm()
        hooks.run(self._plan.spec.hooks, "startContainer", self._plan.hook_state("created"))
        assert self._vm is not None
        # Nobody waits for the answer: the program may have ended before it came.
        self._vm.monitor.send("cont")

    def _follow(self) -> int:
        assert self._vm is not None
        with open(1, "wb", buffering=0, closefd=False) as stdout:
            with open(2, "wb", buffering=0, closefd=False) as stderr:
                streams = Streams(
                    self._vm.control, self._vm.monitor, stdout, stderr, self._stdin,
                    self._signals, Events(None),
                )  # fmt: skip
                session = Session(
                    self._vm.process, streams, ControlStream(self._vm.nonce),
                    stop_timeout_s=float("inf"),
                )  # fmt: skip
                session.watch(self._listener, lambda: self._serve(self._change))
                return self._exit_code(session.follow(None))

    def _change(self, request: bytes) -> None:
        commands = {b"pause": "stop", b"resume": "cont"}
        if request not in commands:
            raise MewError(f"unknown request {request!r}")
        assert self._vm is not None
        self._vm.monitor.execute(commands[request])

    def _serve(self, handle: Callable[[bytes], None]) -> bool:
        """Answer one request by `handle`; whether it was done."""
        connection, _ = self._listener.accept()
        with connection:
            request = connection.recv(_REQUEST_BYTES)
            try:
                handle(request)
            except (MewError, OSError) as error:
                _answer(connection, f"error {getattr(error, 'message', error)}")
                return False
            _answer(connection, "ok")
            return True

    def _exit_code(self, ending: Ending) -> int:
        asked_by = self._caught[0] if self._caught else signal.SIGTERM
        code, message = exit_code(ending, interpret(ending), asked_by)
        if message:
            self._say(message)
        self._plan.log(f"ended with exit code {code}: {ending}")
        return code

    def _say(self, message: str) -> None:
        """To whoever reads the container's errors, and to the log."""
        self._plan.log(message)
        try:
            os.write(2, f"mew: {message}\n".encode("utf-8", "replace"))
        except OSError:
            pass


def exit_code(ending: Ending, outcome: Outcome, asked_by: int) -> tuple[int, str]:
    """Return the container's exit code and what is to be said about its end. `asked_by` is the
    signal that asked for it, if one did: the kernel knows of one only."""
    if ending.report is None and ending.status == -signal.SIGKILL and ending.stop is None:
        if not ending.reader_gone:
            return _SIGNAL_STATUS + signal.SIGKILL, "QEMU was killed; memory beyond the limit?"
    if outcome.exit_code == _STOPPED:
        return _SIGNAL_STATUS + asked_by, outcome.message
    return outcome.exit_code, outcome.message


def _resolv_conf(spec: Spec) -> str:
    """The text of the container's /etc/resolv.conf, wherever the engine keeps it."""
    mounted = [mount.source for mount in spec.mounts if mount.destination == _RESOLV_CONF]
    try:
        path = mounted[-1] if mounted else resolve(spec.rootfs, _RESOLV_CONF)
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _answer(connection: socket.socket, text: str) -> None:
    try:
        connection.sendall(text.encode("utf-8", "replace"))
    except OSError:
        # Whoever asked has gone.
        pass


def _open_stdin() -> Optional[BinaryIO]:
    """The container's input; None where it is closed or always at its end."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return None
    if stat.S_ISCHR(mode) and os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev:
        return None
    return open(0, "rb", buffering=0, closefd=False)


def _catch_signals(caught: list[int]) -> int:
    """Return the descriptor from which the numbers of signals that end us can be read; they are
    added to `caught` too."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    for number in _STOPPING:
        signal.signal(number, lambda number, frame: caught.append(number))
    return reader
