# SPDX-License-Identifier: Apache-2.0
"""WASI preview1, and WasmEdge's sockets, as tables: each function's Wasm type and feature set.

A target declares feature sets; an import outside them is a build-time error, and the image holds
no code for the others. Signatures follow the preview1 witx: `i` is i32, `I` is i64; every
function returns an errno as i32 except proc_exit.
"""
from typing import Dict
from typing import NamedTuple
from typing import Tuple

MODULE = "wasi_snapshot_preview1"


class WasiFunction(NamedTuple):
    """One preview1 function: Wasm parameter and result types, and its feature set."""

    params: str
    results: str
    feature: str


# Feature sets, in the order in which messages and documents list them.
FEATURES: Dict[str, str] = {
    "process": "arguments, environment, exit, yield",
    "stdio": "standard streams and operations on any open descriptor",
    "clocks": "clocks, sleeping and poll_oneoff",
    "random": "random bytes",
    "filesystem": "preopened directories, paths and files",
    "sockets": "sockets: listeners from the start, and those of WasmEdge's extension",
}
# What a target gets when it declares nothing: no files and no network.
DEFAULT_FEATURES: Tuple[str, ...] = ("process", "stdio", "clocks", "random")


def _table() -> Dict[str, WasiFunction]:
    rows = """
    args_get                ii          i process
    args_sizes_get          ii          i process
    environ_get             ii          i process
    environ_sizes_get       ii          i process
    clock_res_get           ii          i clocks
    clock_time_get          iIi         i clocks
    fd_advise               iIIi        i filesystem
    fd_allocate             iII         i filesystem
    fd_close                i           i stdio
    fd_datasync             i           i filesystem
    fd_fdstat_get           ii          i stdio
    fd_fdstat_set_flags     ii          i stdio
    fd_fdstat_set_rights    iII         i stdio
    fd_filestat_get         ii          i stdio
    fd_filestat_set_size    iI          i filesystem
    fd_filestat_set_times   iIIi        i filesystem
    fd_pread                iiiIi       i filesystem
    fd_prestat_get          ii          i stdio
    fd_prestat_dir_name     iii         i stdio
    fd_pwrite               iiiIi       i filesystem
    fd_read                 iiii        i stdio
    fd_readdir              iiiIi       i filesystem
    fd_renumber             ii          i stdio
    fd_seek                 iIii        i stdio
    fd_sync                 i           i filesystem
    fd_tell                 ii          i stdio
    fd_write                iiii        i stdio
    path_create_directory   iii         i filesystem
    path_filestat_get       iiiii       i filesystem
    path_filestat_set_times iiiiIIi     i filesystem
    path_link               iiiiiii     i filesystem
    path_open               iiiiiIIii   i filesystem
    path_readlink           iiiiii      i filesystem
    path_remove_directory   iii         i filesystem
    path_rename             iiiiii      i filesystem
    path_symlink            iiiii       i filesystem
    path_unlink_file        iii         i filesystem
    poll_oneoff             iiii        i clocks
    proc_exit               i           - process
    proc_raise              i           i process
    random_get              ii          i random
    sched_yield             -           i process
    sock_accept             iii         i sockets
    sock_recv               iiiiii      i sockets
    sock_send               iiiii       i sockets
    sock_shutdown           ii          i sockets
    """
    table = {}
    for row in rows.strip().splitlines():
        name, params, results, feature = row.split()
        table[name] = WasiFunction(params.strip("-"), results.strip("-"), feature)
    return table


FUNCTIONS: Dict[str, WasiFunction] = _table()


def _extension() -> Dict[str, WasiFunction]:
    rows = """
    sock_accept_v1        ii
    sock_bind             iii
    sock_connect          iii
    sock_getaddrinfo      iiiiiiii
    sock_getlocaladdr_v1  iiii
    sock_getlocaladdr_v2  iii
    sock_getpeeraddr_v1   iiii
    sock_getpeeraddr_v2   iii
    sock_getsockopt       iiiii
    sock_listen           ii
    sock_open             iii
    sock_recv_from_v1     iiiiiii
    sock_recv_from_v2     iiiiiiii
    sock_send_to          iiiiiii
    sock_setsockopt       iiiii
    """
    pairs = (row.split() for row in rows.strip().splitlines())
    return {name: WasiFunction(params, "i", "sockets") for name, params in pairs}


# WasmEdge's socket extension, which other systems have too: functions of the same module that
# preview1 has not. The names are those of our symbols, one for each type; the names that programs
# import are below. Addresses and records are as in WasmEdge (include/wasi/api.hpp).
WASMEDGE_FUNCTIONS: Dict[str, WasiFunction] = _extension()

# Everything that a system can have.
SYSTEM_FUNCTIONS: Dict[str, WasiFunction] = {**FUNCTIONS, **WASMEDGE_FUNCTIONS}

# Imports that are not named like the function: WasmEdge chooses between its first and second
# version by the import's type, and has the second one's functions under names of their own too.
_OTHER_NAMES: Dict[str, Tuple[str, ...]] = {
    "sock_accept": ("sock_accept", "sock_accept_v1"),
    "sock_accept_v2": ("sock_accept",),
    "sock_bind_v2": ("sock_bind",),
    "sock_connect_v2": ("sock_connect",),
    "sock_getlocaladdr": ("sock_getlocaladdr_v1", "sock_getlocaladdr_v2"),
    "sock_getpeeraddr": ("sock_getpeeraddr_v1", "sock_getpeeraddr_v2"),
    "sock_listen_v2": ("sock_listen",),
    "sock_open_v2": ("sock_open",),
    "sock_recv_from": ("sock_recv_from_v1", "sock_recv_from_v2"),
    "sock_recv_v2": ("sock_recv",),
    "sock_send_to_v2": ("sock_send_to",),
    "sock_send_v2": ("sock_send",),
}
# Names that only we use: WasmEdge has no import of this name.
_OURS = ("sock_accept_v1", "sock_getlocaladdr_v1", "sock_getpeeraddr_v1", "sock_recv_from_v1")


def import_name(function: str) -> str:
    """Name of an import that can mean the function of SYSTEM_FUNCTIONS with this key."""
    return function.rpartition("_")[0] if function.endswith(("_v1", "_v2")) else function


def imported(name: str) -> Tuple[str, ...]:
    """Keys of SYSTEM_FUNCTIONS that an import called `name` can mean, by its type; () if none."""
    if name in _OURS:
        return ()
    return _OTHER_NAMES.get(name) or ((name,) if name in SYSTEM_FUNCTIONS else ())

