# SPDX-License-Identifier: Apache-2.0
"""Starts one VM, passes its output on while it runs, and says how it ended."""
import secrets
import signal
import socket
import subprocess
import tempfile
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
from mew.vm.events import Events
from mew.vm.machine import DEFAULT_LOG_LEVEL
from mew.vm.machine import GuestConfig
from mew.vm.machine import Machine
from mew.vm.machine import qemu_argv
from mew.vm.network import Publication
from mew.vm.ports import announcement
from mew.vm.ports import check_host
from mew.vm.ports import taken_ports
from mew.vm.ports import write_ports_file
from mew.vm.qmp import Monitor
from mew.vm.qmp import MonitorGoneError
from mew.vm.report import ControlStream
from mew.vm.report import Outcome
from mew.vm.report import interpret
from mew.vm.scratch import copy_disk
from mew.vm.session import Session
from mew.vm.session import Streams
from mew_abi import protocol
from mew_abi.network import Addressing
from mew_abi.network import Listener

DEFAULT_QEMU = "qemu-system-x86_64"
_NONCE_BYTES = 16
# How long a program may take to end once it has been asked to.
DEFAULT_STOP_TIMEOUT_S = 10.0
# A terminal sends them to every process of ours. QEMU would end at once, and the program is to end
# by itself: QEMU starts with them blocked, and leaves them so.
_OURS_ALONE = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class RunRequest:
    """One run. `program_arguments` come after argv[0], which is the image's file name.

    `scratch_disk` is a disk image of which the machine gets a copy, as one disk more;
    `preopens` are from name to kind (`mew_abi.preopens`). `listeners` are sockets that the program
    starts with besides those of the image. `ports_file` gets the published ports (`mew.vm.ports`)
    once connections to them are accepted, the descriptor `events_fd` what `mew.vm.events` tells.
    `stop_timeout_s` is how long the program may take to end
    once it has been asked to.
    """

    kernel: Path
    machine: Machine
    program_arguments: Tuple[str, ...] = ()
    environment: Tuple[str, ...] = ()
    preopens: Mapping[str, str] = field(default_factory=dict)
    listeners: Tuple[Listener, ...] = ()
    ports_file: Optional[Path] = None
    events_fd: Optional[int] = None
    scratch_disk: Optional[Path] = None
    log_level: str = DEFAULT_LOG_LEVEL
    timeout_s: Optional[float] = None
    stop_timeout_s: float = DEFAULT_STOP_TIMEOUT_S
    qemu: str = DEFAULT_QEMU


def run(
    request: RunRequest,
    stdout: BinaryIO,
    stderr: BinaryIO,
    stdin: Optional[BinaryIO] = None,
    stop_requests: Optional[int] = None,
) -> Outcome:
    """Boot the image and wait for its end.

    `stdout` must be a real file: the VM writes to it directly. Text for people goes to `stderr`
    as it comes. `stdin`, a real file too, is read only as far as the program asks; None is an
    empty input. A byte that can be read from the descriptor `stop_requests` is the number of the
    signal by which somebody wants the program to end: it is asked to (`mew.vm.session`). The VM is
    gone when this returns or raises.
    """
    _check_host(request)
    config = _guest_config(request, has_stdin=stdin is not None)
    with tempfile.TemporaryDirectory(prefix="mew-run-") as directory:
        config_path = Path(directory) / "config"
        config_path.write_bytes(config.encode())
        control, control_qemu = socket.socketpair()
        monitor, monitor_qemu = socket.socketpair()
        with control, control_qemu, monitor, monitor_qemu:
            argv = qemu_argv(
                request.qemu,
                str(request.kernel),
                _with_scratch_disk(request, Path(directory)),
                config_path=str(config_path),
                control_fd=control_qemu.fileno(),
                monitor_fd=monitor_qemu.fileno(),
                starts_paused=_is_asked_for_ports(request),
            )
            inherited = (control_qemu.fileno(), monitor_qemu.fileno())
            process = _start(argv, (*inherited, *_tap(request.machine)), stdout)
            # Only QEMU may hold its ends now, so that its death ends the streams.
            control_qemu.close()
            monitor_qemu.close()
            try:
                qemu = Monitor(monitor)
                events = Events(request.events_fd)
                if _is_asked_for_ports(request):
                    _tell_ports(qemu, request, stderr, events)
                session = Session(
                    process,
                    Streams(control, qemu, stdout, stderr, stdin, stop_requests, events),
                    ControlStream(config.nonce),
                    stop_timeout_s=request.stop_timeout_s,
                )
                ending = session.follow(request.timeout_s)
                if ending.report is not None and ending.report.kind != "exit":
                    session.show_source(request.kernel)
            finally:
                process.kill()
                process.communicate()
    return interpret(ending)


def _check_host(request: RunRequest) -> None:
    """Raises MewError when QEMU could not boot for a reason that we can name better."""
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
    if request.machine.network is not None:
        check_host(request.machine.network)


def _publications(request: RunRequest) -> Tuple[Publication, ...]:
    return () if request.machine.network is None else request.machine.network.publications


def _is_asked_for_ports(request: RunRequest) -> bool:
    """Whether somebody cannot know which ports QEMU takes, or wants to be told."""
    wants = request.ports_file is not None or request.events_fd is not None
    return wants or any(one.host_port == 0 for one in _publications(request))


def _tell_ports(
    monitor: Monitor, request: RunRequest, stderr: BinaryIO, events: Events
) -> None:
    """Say which ports of this host QEMU has taken, then let the machine start: a program that is
    quick would have ended before QEMU answers."""
    wanted = _publications(request)
    try:
        taken = taken_ports(monitor, wanted)
        for before, now in zip(wanted, taken):
            if before != now:
                stderr.write(f"{announcement(now)}\n".encode())
        stderr.flush()
        events.published(taken)
        if request.ports_file is not None:
            write_ports_file(request.ports_file, taken)
        if request.machine.gdb_port is None:
            monitor.send("cont")
    except MonitorGoneError:
        # The session tells why.
        pass


def _tap(machine: Machine) -> Tuple[int, ...]:
    return () if machine.network is None else machine.network.inherited()


def _guest_config(request: RunRequest, *, has_stdin: bool) -> GuestConfig:
    network = request.machine.network
    return GuestConfig(
        arguments=(request.kernel.name, *request.program_arguments),
        environment=request.environment,
        nonce=secrets.token_hex(_NONCE_BYTES),
        log_level=request.log_level,
        has_stdin=has_stdin,
        tells_listening=request.events_fd is not None,
        preopens={**request.preopens, **{share.name: "host" for share in request.machine.shares}},
        listeners=request.listeners,
        addressing=Addressing() if network is None else network.guest_addressing(),
    )


def _with_scratch_disk(request: RunRequest, directory: Path) -> Machine:
    """The machine, with a copy of the scratch disk in `directory` if there is one."""
    if request.scratch_disk is None:
        return request.machine
    copy = directory / "disk"
    copy_disk(request.scratch_disk, copy)
    return replace(request.machine, disks=(*request.machine.disks, Disk(str(copy))))


def _start(
    argv: Tuple[str, ...], inherited: Tuple[int, ...], stdout: BinaryIO
) -> "subprocess.Popen[bytes]":
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS_ALONE)
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            pass_fds=inherited,
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
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
