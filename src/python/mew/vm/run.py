# SPDX-License-Identifier: Apache-2.0
"""Starts one VM, passes its output on while it runs, and says how it ended."""
import os
import secrets
import select
import selectors
import socket
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from typing import Mapping
from typing import Optional
from typing import Tuple

from mew.errors import MewError
from mew.vm.devices import Disk
from mew.vm.machine import DEFAULT_LOG_LEVEL
from mew.vm.machine import GuestConfig
from mew.vm.machine import Machine
from mew.vm.machine import choose_accelerator
from mew.vm.machine import qemu_argv
from mew.vm.report import ControlStream
from mew.vm.report import Ending
from mew.vm.report import Outcome
from mew.vm.report import interpret
from mew.vm.scratch import copy_disk
from mew_abi import protocol

DEFAULT_QEMU = "qemu-system-x86_64"
_NONCE_BYTES = 16
_CHUNK_BYTES = 1 << 16
# A report of a trap with its backtrace is shorter.
_REPORT_BYTES_MAX = 1 << 14
# QEMU says this and then stays, its VM paused: waiting for its end would be waiting for ever.
_KVM_FAILURE = b"KVM internal error"


@dataclass(frozen=True)
class RunRequest:
    """One run. `program_arguments` come after argv[0], which is the image's file name.

    `scratch_disk` is a disk image of which the machine gets a copy, as one disk more;
    `preopens` are from name to kind (`mew_abi.preopens`).
    """

    kernel: Path
    machine: Machine
    program_arguments: Tuple[str, ...] = ()
    environment: Tuple[str, ...] = ()
    preopens: Mapping[str, str] = field(default_factory=dict)
    scratch_disk: Optional[Path] = None
    log_level: str = DEFAULT_LOG_LEVEL
    timeout_s: Optional[float] = None
    qemu: str = DEFAULT_QEMU


def run(
    request: RunRequest, stdout: BinaryIO, stderr: BinaryIO, stdin: Optional[BinaryIO] = None
) -> Outcome:
    """Boot the image and wait for its end.

    `stdout` must be a real file: the VM writes to it directly. Text for people goes to `stderr`
    as it comes. `stdin`, a real file too, is read only as far as the program asks; None is an
    empty input. The VM is gone when this returns or raises.
    """
    if not request.kernel.is_file():
        raise MewError(f"no image {request.kernel}", hint="link one with: mew link")
    size_mib = request.kernel.stat().st_size >> 20
    if size_mib >= request.machine.memory_mib:
        raise MewError(
            f"{request.kernel}: the image has {size_mib} MiB, the machine's memory "
            f"{request.machine.memory_mib} MiB",
            hint="give the machine more memory (--memory-mib, or the field memory_mib)",
        )
    for disk in request.machine.disks:
        if not Path(disk.path).is_file():
            raise MewError(f"no disk image {disk.path}", hint="give the path of a raw image file")
    for share in request.machine.shares:
        if not Path(share.path).is_dir():
            raise MewError(f"no directory {share.path}", hint="give --share an existing directory")
    config = GuestConfig(
        arguments=(request.kernel.name, *request.program_arguments),
        environment=request.environment,
        nonce=secrets.token_hex(_NONCE_BYTES),
        log_level=request.log_level,
        has_stdin=stdin is not None,
        preopens={**request.preopens, **{share.name: "host" for share in request.machine.shares}},
    )
    with tempfile.TemporaryDirectory(prefix="mew-run-") as directory:
        config_path = Path(directory) / "config"
        config_path.write_bytes(config.encode())
        ours, theirs = socket.socketpair()
        with ours, theirs:
            argv = qemu_argv(
                request.qemu,
                str(request.kernel),
                _with_scratch_disk(request, Path(directory)),
                config_path=str(config_path),
                control_fd=theirs.fileno(),
            )
            process = _start(argv, theirs.fileno(), stdout)
            # Only QEMU may hold its end now, so that its death ends the stream.
            theirs.close()
            try:
                session = _Session(process, ours, ControlStream(config.nonce), stderr, stdin)
                ending = session.follow(request.timeout_s, stdout)
                if ending.report is not None and ending.report.kind != "exit":
                    session.show_source(request.kernel)
            finally:
                process.kill()
                process.communicate()
    return interpret(ending)


def _with_scratch_disk(request: RunRequest, directory: Path) -> Machine:
    """The machine, with a copy of the scratch disk in `directory` if there is one."""
    if request.scratch_disk is None:
        return request.machine
    copy = directory / "disk"
    copy_disk(request.scratch_disk, copy)
    return replace(request.machine, disks=(*request.machine.disks, Disk(str(copy))))


def _start(
    argv: Tuple[str, ...], control_fd: int, stdout: BinaryIO
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            pass_fds=(control_fd,),
        )
    except FileNotFoundError:
        raise MewError(
            f"no program {argv[0]!r}",
            hint="install QEMU (qemu-system-x86_64), or name it with --qemu",
            exit_code=protocol.RUNNER_EXIT_VMM_FAILURE,
        ) from None
    except OSError as error:
        raise MewError(
            f"cannot start {argv[0]!r}: {error.strerror}",
            hint="name a working QEMU with --qemu",
            exit_code=protocol.RUNNER_EXIT_VMM_FAILURE,
        ) from None


class _Session:
    """Passes text and input between a running VM and our own streams."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        control: socket.socket,
        stream: ControlStream,
        stderr: BinaryIO,
        stdin: Optional[BinaryIO],
    ) -> None:
        self._process = process
        self._control = control
        self._stream = stream
        self._stderr = stderr
        self._stdin = stdin
        self._qemu_error = b""
        self._last_words = b""
        self._reader_gone = False
        self._selector = selectors.DefaultSelector()

    def follow(self, timeout_s: Optional[float], stdout: BinaryIO) -> Ending:
        """Serve the VM until QEMU closes its streams; stop it at the deadline, or when nobody can
        read what it writes to `stdout` any more: QEMU would wait for a reader for ever."""
        assert self._process.stderr is not None
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        with self._selector as selector:
            self._watch_reader(stdout)
            selector.register(self._control, selectors.EVENT_READ, self._on_control)
            selector.register(self._process.stderr, selectors.EVENT_READ, self._on_qemu_error)
            # Input, and the reader of the output, alone keep nobody waiting.
            while {self._control, self._process.stderr} & self._watched():
                left_s = None if deadline_s is None else max(0.0, deadline_s - time.monotonic())
                ready = selector.select(left_s)
                if not ready and deadline_s is not None and deadline_s <= time.monotonic():
                    self._process.kill()
                    return Ending(self._process.wait(), self._stream.report, timeout_s=timeout_s)
                for key, _ in ready:
                    key.data()
        qemu_error = self._qemu_error.decode("utf-8", "replace")
        status = self._process.wait()
        return Ending(status, self._stream.report, qemu_error, reader_gone=self._reader_gone)

    def _watched(self) -> "set[object]":
        return {key.fileobj for key in self._selector.get_map().values()}

    def _watch_reader(self, stdout: BinaryIO) -> None:
        mode = os.fstat(stdout.fileno()).st_mode
        # A terminal's events are what is typed; files have none.
        if not stat.S_ISFIFO(mode) and not stat.S_ISSOCK(mode):
            return

        def on_event() -> None:
            self._selector.unregister(stdout)
            poll = select.poll()
            poll.register(stdout, 0)
            # Of a socket it may have been something to read, which is not for us.
            if poll.poll(0) and self._stream.report is None:
                self._reader_gone = True
                self._process.kill()

        self._selector.register(stdout, selectors.EVENT_READ, on_event)

    def _on_control(self) -> None:
        data = _receive(self._control)
        if not data:
            self._selector.unregister(self._control)
            self._write(self._stream.finish())
            return
        self._write(self._stream.feed(data))
        if self._stream.input_requests:
            self._await_input()

    def _on_qemu_error(self) -> None:
        assert self._process.stderr is not None
        data = self._process.stderr.read1(_CHUNK_BYTES)
        if not data:
            self._selector.unregister(self._process.stderr)
        self._qemu_error += data
        if _KVM_FAILURE in self._qemu_error:
            self._process.kill()

    def _await_input(self) -> None:
        assert self._stdin is not None
        if self._waiting_for_input():
            return
        try:
            self._selector.register(self._stdin, selectors.EVENT_READ, self._on_input)
        except PermissionError:
            # epoll refuses regular files: they are always ready.
            self._answer()

    def _on_input(self) -> None:
        assert self._stdin is not None
        self._selector.unregister(self._stdin)
        self._answer()

    def _answer(self) -> None:
        assert self._stdin is not None
        data = os.read(self._stdin.fileno(), protocol.STDIN_BYTES_MAX)
        self._stream.input_requests -= 1
        try:
            self._control.sendall(len(data).to_bytes(2, "little") + data)
        except (BrokenPipeError, ConnectionResetError):
            # The VM has ended meanwhile; its other streams tell how.
            pass

    def _waiting_for_input(self) -> int:
        return int(self._stdin is not None and self._stdin in self._selector.get_map())

    def show_source(self, kernel: Path) -> None:
        """Add the source lines of the backtrace that the VM's last words hold."""
        # Only now: a VM's start should not wait for it.
        from mew.debug.source import source_of_report

        self._write(source_of_report(kernel, self._last_words.decode("utf-8", "replace")).encode())

    def _write(self, data: bytes) -> None:
        if data:
            self._last_words = (self._last_words + data)[-_REPORT_BYTES_MAX:]
            self._stderr.write(data)
            self._stderr.flush()


def _receive(control: socket.socket) -> bytes:
    try:
        return control.recv(_CHUNK_BYTES)
    except ConnectionResetError:
        return b""


def accelerator_here(requested: str) -> str:
    """Decide `auto` for this host."""
    return choose_accelerator(
        requested,
        kvm_usable=_opens("/dev/kvm"),
        cpu_flags=_cpu_flags(),
        kvm_is_pvm=Path("/sys/module/kvm_pvm").exists(),
    )


def _opens(path: str) -> bool:
    try:
        with open(path, "r+b", buffering=0):
            return True
    except OSError:
        return False


def _cpu_flags() -> Tuple[str, ...]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return tuple(value.split())
    return ()
