# SPDX-License-Identifier: Apache-2.0
"""`create`: from a bundle to a process that waits for `start`.

The process is forked from this one, which has prepared everything; the engine, or whoever is
subreaper, inherits it. It reports over a socket pair when its namespaces stand, so that hooks can
work on them, and when its machine stands; `create` fails if either does not.
"""
from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING
from typing import NamedTuple
from typing import NoReturn
from typing import Optional

from mew.errors import MewError
from mew.oci import lifecycle
from mew.oci import state as states
from mew.oci.config import OciConfig
from mew.oci.spec import Spec
from mew.oci.spec import refuse_unsupported
from mew_abi.protocol import RUNNER_EXIT_VMM_FAILURE

if TYPE_CHECKING:
    from mew.oci.plan import Plan

_REPORT_BYTES = 1 << 16
_NAMESPACES_STAND = b"namespaces"
_READY = b"ready"
_PROCEED = b"proceed"
_JAIL_NAME = "jail"
_NETNS = "/proc/self/ns/net"
# Those that mean something for a machine; mounts are the monitor's own in any case.
_JOINED = ("network", "uts", "ipc")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Request(NamedTuple):
    """One call of `create`. `module` is the WebAssembly file in the bundle's root, on the host."""

    container: str
    folder: str
    spec: Spec
    module: str
    console_socket: str = ""
    pid_file: str = ""
    is_systemd: bool = False


def create(request: Request, config: OciConfig) -> int:
    """Make the container; returns its process. Raises MewError; then nothing is left of it."""
    spec = request.spec
    refuse_unsupported(spec)
    if spec.terminal and not request.console_socket:
        raise MewError("process.terminal is set", hint="give --console-socket, or `run` it")
    if request.console_socket and not spec.terminal:
        raise MewError("--console-socket is given", hint="set process.terminal in config.json")
    try:
        os.makedirs(os.path.dirname(request.folder), mode=0o711, exist_ok=True)
        os.mkdir(request.folder, mode=0o700)
    except FileExistsError:
        raise MewError("container with given ID already exists") from None
    except OSError as error:
        raise MewError(f"{request.folder}: {error.strerror}") from None
    groups: list[str] = []
    try:
        return _create(request, config, groups)
    except BaseException:
        lifecycle.discard(request.folder, groups)
        raise


def _create(request: Request, config: OciConfig, groups: list[str]) -> int:
    # Only here: the other commands do without.
    from mew.oci import hooks

    plan = _plan(request, config)
    terminal = None
    if request.console_socket:
        from mew.oci import console

        terminal = console.open_terminal(request.console_socket)
    os.chdir(request.folder)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(states.CONTROL_NAME)
    listener.listen()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _become_container(plan, listener, theirs, terminal)
    theirs.close()
    try:
        _limit(request, groups, pid)
        state = _state(plan, pid, groups)
        states.write(request.folder, state)
        ours.send(_PROCEED)
        _expect(ours, _NAMESPACES_STAND)
        for kind in ("prestart", "createRuntime"):
            hooks.run(request.spec.hooks, kind, states.public(state))
        ours.send(_PROCEED)
        _expect(ours, _READY)
        state["status"] = states.CREATED
        states.write(request.folder, state)
        if request.pid_file:
            _write_pid(request.pid_file, pid)
    except BaseException:
        lifecycle.end_process(pid)
        os.waitpid(pid, 0)
        raise
    return pid


def _plan(request: Request, config: OciConfig) -> Plan:
    """Decide everything that needs no process."""
    from mew.oci import guest
    from mew.oci import prepare
    from mew.oci.plan import Plan
    from mew.oci.vm import Place
    from mew.vm.accelerator import accelerator_here

    spec = request.spec
    prepared = prepare.prepare(
        spec.rootfs, request.module, config, request.folder, is_read_only=spec.rootfs_read_only
    )
    kernel = guest.Kernel(prepared.kernel, prepared.features, prepared.disk)
    is_root = os.geteuid() == 0
    jail_folder = None
    if is_root and config.qemu_jail:
        jail_folder = os.path.join(request.folder, _JAIL_NAME)
        os.mkdir(jail_folder)
    machine = guest.machine(
        spec, config, kernel, accelerator=accelerator_here(config.accelerator),
        is_jailed=jail_folder is not None,
    )  # fmt: skip
    plan = Plan(
        container=request.container,
        folder=request.folder,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        spec=spec,
        config=config,
        kernel=kernel,
        machine=machine,
        qemu=_find_qemu(config.qemu),
        place=Place(jail_folder, None, guest.code_mib(spec, config)),
        caller_netns=os.readlink(_NETNS),
        may_have_network=config.network and is_root and kernel.has_network(),
    )
    if config.log_dir:
        _make_log_folder(config.log_dir)
    plan.log(f"create {spec.args}: kernel from {prepared.source} {prepared.note} {machine}")
    return plan


def _make_log_folder(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
    except OSError as error:
        raise MewError(f"log_dir {folder}: {error.strerror}") from None


def _find_qemu(name: str) -> str:
    # By hand: `shutil` would cost more than all of the rest here.
    folders = f"{os.environ.get('PATH', '')}:{_PATH}".split(":")
    for folder in [""] if name.startswith("/") else folders:
        path = os.path.join(folder, name)
        if os.path.isabs(path) and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.path.realpath(path)
    raise MewError(
        f"no program {name!r}",
        hint="install QEMU (qemu-system-x86_64), or name it in the configuration (qemu)",
    )


def _limit(request: Request, groups: list[str], pid: int) -> None:
    """Put the process into its control groups, which then hold QEMU too."""
    spec = request.spec
    if spec.cgroups_path is None or os.geteuid() != 0:
        return
    from mew.oci import cgroups

    path = cgroups.path_below(spec.cgroups_path, is_systemd=request.is_systemd)
    groups += cgroups.create(path, pid)
    cgroups.apply(groups, spec.resources)


def _state(plan: Plan, pid: int, groups: list[str]) -> dict[str, object]:
    spec = plan.spec
    return {
        "id": plan.container,
        "status": states.CREATING,
        "pid": pid,
        "start_time": states.start_time(pid),
        "bundle": spec.bundle,
        "rootfs": spec.rootfs,
        "created": plan.created,
        "annotations": spec.annotations,
        "hooks": spec.hooks,
        "cgroups": groups,
        # A namespace that the engine keeps may have other users after us.
        "netns": spec.namespaces.get("network", "") if plan.may_have_network else "",
        "tc": plan.config.tc,
        "memory_mib": plan.machine.memory_mib,
        "memory_overhead_mib": plan.config.memory_overhead_mib,
    }


def _expect(channel: socket.socket, wanted: bytes) -> None:
    report = channel.recv(_REPORT_BYTES)
    if report == wanted:
        return
    text = report.decode("utf-8", "replace")
    raise MewError(text or "the container's process died before its machine stood")


def _write_pid(path: str, pid: int) -> None:
    try:
        with open(path + ".tmp", "w", encoding="ascii") as file:
            file.write(str(pid))
        os.rename(path + ".tmp", path)
    except OSError as error:
        raise MewError(f"--pid-file {path}: {error.strerror}") from None


def _become_container(
    plan: Plan, listener: socket.socket, channel: socket.socket, terminal: Optional[int]
) -> NoReturn:
    """The forked process: never returns into the code that forked it."""
    code = RUNNER_EXIT_VMM_FAILURE
    try:
        code = _live(plan, listener, channel, terminal)
    except MewError as error:
        _tell(plan, channel, error.message + (f"; {error.hint}" if error.hint else ""))
    except BaseException as error:  # noqa: B902 - whatever it is, somebody has to hear of it
        _tell(plan, channel, f"mew-oci itself failed: {error!r}")
    finally:
        os._exit(code)


def _tell(plan: Plan, channel: socket.socket, message: str) -> None:
    """To `create` if that still waits, else to whoever reads the container's errors."""
    plan.log(message)
    try:
        channel.send(message.encode("utf-8", "replace")[:_REPORT_BYTES])
    except OSError:
        os.write(2, f"mew: {message}\n".encode("utf-8", "replace"))


def _live(
    plan: Plan, listener: socket.socket, channel: socket.socket, terminal: Optional[int]
) -> int:
    from mew.oci import hooks
    from mew.oci.monitor import Monitor

    os.setsid()
    if channel.recv(_REPORT_BYTES) != _PROCEED:
        return 1
    _close_others(keep=(listener.fileno(), channel.fileno(), terminal))
    if terminal is not None:
        from mew.oci import console

        console.become_controlling(terminal)
        for number in range(3):
            os.dup2(terminal, number)
        os.close(terminal)
    plan = _identified(plan)
    _enter_namespaces(plan.spec)
    channel.send(_NAMESPACES_STAND)
    if channel.recv(_REPORT_BYTES) != _PROCEED:
        return 1
    hooks.run(plan.spec.hooks, "createContainer", plan.hook_state(states.CREATING))
    monitor = Monitor(plan, listener)
    monitor.prepare()
    channel.send(_READY)
    channel.close()
    return monitor.run()


def _identified(plan: Plan) -> Plan:
    """The plan, with whom QEMU runs as: by our pid, which nobody else has as long as it runs."""
    if os.geteuid() != 0:
        return plan
    from mew.oci import jail

    who = jail.identity(
        plan.spec.user, unused_uid=plan.config.qemu_uid_first + os.getpid(),
        shares_files=plan.kernel.shares_files(),
    )  # fmt: skip
    if plan.kernel.disk is not None and not plan.spec.rootfs_read_only:
        os.chown(plan.kernel.disk, who.uid, who.gid)
    return plan._replace(place=plan.place._replace(identity=who))


def _close_others(keep: tuple[Optional[int], ...]) -> None:
    """Let go of what the engine left open in us: its pipes have to end when it closes them."""
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number > 2 and number not in keep:
            try:
                os.close(number)
            except OSError:
                # The one that listed them.
                pass


def _enter_namespaces(spec: Spec) -> None:
    wanted = [kind for kind in _JOINED if kind in spec.namespaces]
    if not wanted or os.geteuid() != 0:
        return
    from mew.oci import linux

    for kind in wanted:
        path = spec.namespaces[kind]
        try:
            if path:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                linux.setns(descriptor, linux.NAMESPACES[kind])
                os.close(descriptor)
            else:
                linux.unshare(linux.NAMESPACES[kind])
        except OSError as error:
            raise MewError(f"linux.namespaces: {kind} {path}: {error.strerror}") from None
    if spec.hostname and "uts" in wanted and not spec.namespaces["uts"]:
        linux.sethostname(spec.hostname)
