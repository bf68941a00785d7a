# SPDX-License-Identifier: Apache-2.0
"""The runtime's command line: `mew-oci`, which engines start as they would runc.

Containers whose entry is not WebAssembly are runc's, from `create` on: a pod has containers of
both kinds, and its runtime is one.
"""
from __future__ import annotations

import os
import sys

from mew.errors import MewError
from mew.oci import arguments
from mew.oci import state as states
from mew.oci.arguments import Invocation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn
    from typing import Sequence

_OWN_COMMANDS = ("features", "list", "install")
_EXEC_REFUSED = (
    "exec is not possible: a unikernel is one program, in which no other can be started; "
    "give the pod a second container, or look at its logs"
)
_USAGE = """\
usage: mew-oci [--root DIR] [--log FILE] [--log-format text|json] COMMAND ...

  create --bundle DIR [--console-socket SOCKET] [--pid-file FILE] ID
  run    the same, and waits for the end; --detach does not
  start | state | pause | resume | ps [--format json] ID
  kill ID [SIGNAL]
  delete [--force] ID
  update [--memory BYTES ...] ID
  list [--format json], features
  install --prefix DIR    writes this program and containerd's shim into DIR/bin
"""


def main(words: Sequence[str]) -> int:
    """Run one command; its errors go to --log, in the form that the engine asks for."""
    call = Invocation("", {}, {}, ())
    try:
        call = arguments.parse(words)
        return _run(call, words)
    except MewError as error:
        message = error.message + (f"; {error.hint}" if error.hint else "")
        _report(call, message)
        return 1


def _run(call: Invocation, words: Sequence[str]) -> int:
    options = call.global_options
    if "version" in options:
        from mew.oci.version import SPEC_VERSION
        from mew.oci.version import VERSION

        sys.stdout.write(f"mew-oci version {VERSION}\nspec: {SPEC_VERSION}\n")
        return 0
    if not call.command or "help" in options or call.command == "help":
        sys.stdout.write(_USAGE)
        return 0
    if call.command == "install":
        from mew.oci import install

        return install.main(call.operands)
    root = os.path.abspath(
        options.get("root")
        or states.default_root(os.geteuid(), os.environ.get("XDG_RUNTIME_DIR", ""))
    )
    if call.command in ("create", "run"):
        return _create(call, words, root)
    if call.command in _OWN_COMMANDS:
        return _about_all(call, root)
    return _existing(call, words, root)


def _report(call: Invocation, message: str) -> None:
    from mew.oci import log

    path = call.global_options.get("log")
    if path:
        log.append(path, message, "error", call.global_options.get("log-format") or "text")
    sys.stderr.write(f"mew-oci: {message}\n")


def _create(call: Invocation, words: Sequence[str], root: str) -> int:
    from mew.oci import config
    from mew.oci import prepare
    from mew.oci import spec as specs

    settings = config.load()
    spec = specs.load(os.path.abspath(call.options.get("bundle") or "."))
    module = prepare.find_module(spec.rootfs, list(spec.args), list(spec.env), spec.cwd)
    if module is None:
        _become_runc(settings.runc, words)
    from mew.oci import create

    container = call.operands[0]
    request = create.Request(
        container=container,
        folder=states.directory(root, container),
        spec=spec,
        module=module,
        console_socket=_absolute(call.options.get("console-socket")),
        pid_file=_absolute(call.options.get("pid-file")),
        is_systemd="systemd-cgroup" in call.global_options,
    )
    pid = create.create(request, settings)
    if call.command == "create":
        return 0
    return _finish_run(request.folder, pid, is_detached="detach" in call.options)


def _absolute(path: "str | None") -> str:
    return os.path.abspath(path) if path else ""


def _finish_run(folder: str, pid: int, *, is_detached: bool) -> int:
    """The rest of `run`: we are the container's parent."""
    from mew.oci import lifecycle

    lifecycle.start(folder)
    if is_detached:
        return 0
    import signal

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda number, frame: os.kill(pid, number))
    _, status = os.waitpid(pid, 0)
    lifecycle.delete(folder, force=True)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _become_runc(runc: str, words: Sequence[str]) -> NoReturn:
    try:
        os.execv(runc, [runc, *words])
    except OSError as error:
        raise MewError(
            f"the container's entry is not WebAssembly, and {runc} cannot be started: "
            f"{error.strerror}",
            hint="install runc, or name it in the configuration (runc)",
        ) from None


def _about_all(call: Invocation, root: str) -> int:
    from mew.oci import lifecycle

    if call.command == "features":
        from mew.oci import features

        sys.stdout.write(lifecycle.dump(features.FEATURES))
        return 0
    found = lifecycle.containers(root)
    if call.options.get("format") == "json":
        sys.stdout.write(lifecycle.dump(found))
        return 0
    if "quiet" in call.options:
        sys.stdout.write("".join(f"{state['id']}\n" for state in found))
        return 0
    sys.stdout.write(f"{'ID':<24} {'PID':<8} {'STATUS':<8} {'CREATED':<20} BUNDLE\n")
    for state in found:
        sys.stdout.write(
            f"{state['id']:<24} {state['pid']:<8} {state['status']:<8} {state['created']:<20} "
            f"{state['bundle']}\n"
        )
    return 0


def _existing(call: Invocation, words: Sequence[str], root: str) -> int:
    """A command on a container that is there: ours, or runc's."""
    folders = [
        os.path.join(root, word) for word in call.operands if word not in ("", ".", "..")
    ]
    ours = [folder for folder in folders if states.is_ours(folder)]
    if not ours:
        if call.command == "delete" and "force" in call.options:
            if not os.path.exists(states.directory(root, call.operands[0])):
                # runc agrees, and would need ten times as long for it.
                return 0
        from mew.oci import config

        _become_runc(config.load().runc, words)
    if call.command not in arguments.COMMAND_OPTIONS:
        what = _EXEC_REFUSED if call.command == "exec" else f"{call.command} is not possible"
        raise MewError(what)
    return _do(call, ours[0])


def _do(call: Invocation, folder: str) -> int:
    from mew.oci import lifecycle

    command, options = call.command, call.options
    if command == "start":
        lifecycle.start(folder)
    elif command == "state":
        state = states.public(states.read(folder))
        sys.stdout.write(lifecycle.dump(state))
    elif command == "kill":
        name = call.operands[1] if len(call.operands) > 1 else "TERM"
        lifecycle.kill(folder, lifecycle.signal_number(name), and_others="all" in options)
    elif command == "delete":
        lifecycle.delete(folder, force="force" in options)
    elif command == "pause":
        lifecycle.pause(folder)
    elif command == "resume":
        lifecycle.resume(folder)
    elif command == "ps":
        pids = lifecycle.processes(folder)
        if options.get("format") == "json":
            sys.stdout.write(lifecycle.dump(pids))
        else:
            sys.stdout.write("PID\n" + "".join(f"{pid}\n" for pid in pids))
    elif command == "update":
        from mew.oci import update

        lifecycle.update(folder, update.resources(options))
    else:
        raise MewError(f"{command} is not possible")
    return 0
