# SPDX-License-Identifier: Apache-2.0
"""WASI preview1 as a table: each function's Wasm type and the feature set that it belongs to.

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
    "sockets": "accept, receive, send and shut down",
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

# WasmEdge's socket extension: functions of the same module that preview1 does not have, and a
# `sock_accept` without flags. No system has them; they are known for the sake of messages.
WASMEDGE_FUNCTIONS: Tuple[str, ...] = (
    "sock_bind", "sock_connect", "sock_getaddrinfo", "sock_getlocaladdr", "sock_getpeeraddr",
    "sock_getsockopt", "sock_listen", "sock_open", "sock_recv_from", "sock_send_to",
    "sock_setsockopt",
)  # fmt: skip
WASMEDGE_ACCEPT = WasiFunction("ii", "i", "sockets")
