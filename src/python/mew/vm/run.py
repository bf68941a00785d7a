# SPDX-License-Identifier: Apache-2.0
"""Starts one VM, passes its output on while it runs, and says how it ended."""
import secrets
import selectors
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from typing import Optional
from typing import Tuple

from mew.errors import MewError
from mew.vm.machine import DEFAULT_LOG_LEVEL
from mew.vm.machine import GuestConfig
from mew.vm.machine import Machine
from mew.vm.machine import choose_accelerator
from mew.vm.machine import qemu_argv
from mew.vm.report import ControlStream
from mew.vm.report import Ending
from mew.vm.report import Outcome
from mew.vm.report import interpret
from mew_abi import protocol

DEFAULT_QEMU = "qemu-system-x86_64"
_NONCE_BYTES = 16
_CHUNK_BYTES = 1 << 16
# QEMU says this and then stays, its VM paused: waiting for its end would be waiting for ever.
_KVM_FAILURE = b"KVM internal error"


@dataclass(frozen=True)
class RunRequest:
    """One run. `program_arguments` come after argv[0], which is the image's file name."""

    kernel: Path
    machine: Machine
    program_arguments: Tuple[str, ...] = ()
    environment: Tuple[str, ...] = ()
    log_level: str = DEFAULT_LOG_LEVEL
    timeout_s: Optional[float] = None
    qemu: str = DEFAULT_QEMU


def run(request: RunRequest, stdout: BinaryIO, stderr: BinaryIO) -> Outcome:
    """Boot the image and wait for its end.

    `stdout` must be a real file: the VM writes to it directly. Text for people goes to `stderr`
    as it comes. The VM is gone when this returns or raises.
    """
    if not request.kernel.is_file():
        raise MewError(f"no image {request.kernel}", hint="link one with: mew link")
    config = GuestConfig(
        arguments=(request.kernel.name, *request.program_arguments),
        environment=request.environment,
        nonce=secrets.token_hex(_NONCE_BYTES),
        log_level=request.log_level,
    )
    with tempfile.TemporaryDirectory(prefix="mew-run-") as directory:
        config_path = Path(directory) / "config"
        config_path.write_bytes(config.encode())
        ours, theirs = socket.socketpair()
        with ours, theirs:
            argv = qemu_argv(
                request.qemu,
                str(request.kernel),
                request.machine,
                config_path=str(config_path),
                control_fd=theirs.fileno(),
            )
            process = _start(argv, theirs.fileno(), stdout)
            # Only QEMU may hold its end now, so that its death ends the stream.
            theirs.close()
            try:
                ending = _follow(process, ours, config.nonce, request.timeout_s, stderr)
            finally:
                process.kill()
                process.communicate()
    return interpret(ending)


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


def _follow(
    process: "subprocess.Popen[bytes]",
    control: socket.socket,
    nonce: str,
    timeout_s: Optional[float],
    stderr: BinaryIO,
) -> Ending:
    """Pass the control stream's text on until QEMU closes it; stop the VM at the deadline."""
    assert process.stderr is not None
    stream = ControlStream(nonce)
    qemu_error = b""
    deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            left_s = None if deadline_s is None else max(0.0, deadline_s - time.monotonic())
            ready = selector.select(left_s)
            if not ready and left_s is not None and deadline_s <= time.monotonic():
                process.kill()
                return Ending(process.wait(), stream.report, timeout_s=timeout_s)
            for key, _ in ready:
                if key.fileobj is control:
                    data = _receive(control)
                    _write(stderr, stream.feed(data) if data else stream.finish())
                else:
                    data = process.stderr.read1(_CHUNK_BYTES)
                    qemu_error += data
                    if _KVM_FAILURE in qemu_error:
                        process.kill()
                if not data:
                    selector.unregister(key.fileobj)
    return Ending(process.wait(), stream.report, qemu_error.decode("utf-8", "replace"))


def _receive(control: socket.socket) -> bytes:
    try:
        return control.recv(_CHUNK_BYTES)
    except ConnectionResetError:
        return b""


def _write(stream: BinaryIO, data: bytes) -> None:
    if data:
        stream.write(data)
        stream.flush()


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
