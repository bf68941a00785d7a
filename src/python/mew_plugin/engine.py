# SPDX-License-Identifier: Apache-2.0
"""Every request that this backend makes of the Pants engine itself.

Pants 2.30 replaces `Get` by calls of rules by name, and 2.32 removes it. Rules of this backend
therefore ask the engine through these functions; a port changes this file and the one-line
requests for our own results at the end of each module in `util_rules`.
"""
from __future__ import annotations

from typing import Iterable
from typing import Union

from pants.core.util_rules.source_files import SourceFiles
from pants.core.util_rules.source_files import SourceFilesRequest
from pants.core.util_rules.stripped_source_files import StrippedSourceFiles
from pants.core.util_rules.system_binaries import BinaryPathRequest
from pants.core.util_rules.system_binaries import BinaryPaths
from pants.engine.addresses import Addresses
from pants.engine.addresses import UnparsedAddressInputs
from pants.engine.env_vars import EnvironmentVars
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import AddPrefix
from pants.engine.fs import CreateDigest
from pants.engine.fs import Digest
from pants.engine.fs import DigestContents
from pants.engine.fs import DigestEntries
from pants.engine.fs import DigestSubset
from pants.engine.fs import FileContent
from pants.engine.fs import FileEntry
from pants.engine.fs import MergeDigests
from pants.engine.fs import PathGlobs
from pants.engine.fs import Paths
from pants.engine.fs import RemovePrefix
from pants.engine.fs import Snapshot
from pants.engine.process import FallibleProcessResult
from pants.engine.process import Process
from pants.engine.rules import Get
from pants.engine.rules import MultiGet
from pants.engine.target import DependenciesRequest
from pants.engine.target import Targets

concurrently = MultiGet


def run_process(process: Process) -> Get:
    """Run, or take from the cache; the exit code is the caller's to judge."""
    return Get(FallibleProcessResult, Process, process)


def create_digest(files: Iterable[Union[FileContent, FileEntry]]) -> Get:
    """Store files; gives a Digest."""
    return Get(Digest, CreateDigest(files))


def merge_digests(digests: Iterable[Digest]) -> Get:
    """Join trees that do not contradict each other; gives a Digest."""
    return Get(Digest, MergeDigests(digests))


def add_prefix(digest: Digest, prefix: str) -> Get:
    """Move a tree into a directory; gives a Digest."""
    return Get(Digest, AddPrefix(digest, prefix))


def remove_prefix(digest: Digest, prefix: str) -> Get:
    """Move a tree out of a directory; gives a Digest."""
    return Get(Digest, RemovePrefix(digest, prefix))


def subset(digest: Digest, globs: PathGlobs) -> Get:
    """Keep the files that match; gives a Digest."""
    return Get(Digest, DigestSubset(digest, globs))


def snapshot(digest: Digest) -> Get:
    """List a tree; gives a Snapshot."""
    return Get(Snapshot, Digest, digest)


def digest_contents(digest: Digest) -> Get:
    """Read a tree's files; gives DigestContents."""
    return Get(DigestContents, Digest, digest)


def digest_entries(digest: Digest) -> Get:
    """List a tree's files with the digests of their contents; gives DigestEntries."""
    return Get(DigestEntries, Digest, digest)


def capture(globs: PathGlobs) -> Get:
    """Read files of the workspace, tracking them; gives a Digest."""
    return Get(Digest, PathGlobs, globs)


def list_paths(globs: PathGlobs) -> Get:
    """List files of the workspace, tracking them; gives Paths."""
    return Get(Paths, PathGlobs, globs)


def find_binaries(request: BinaryPathRequest) -> Get:
    """Find a program on this machine; gives BinaryPaths."""
    return Get(BinaryPaths, BinaryPathRequest, request)


def environment_variables(names: Iterable[str]) -> Get:
    """Read variables of the user's environment, tracking them; gives EnvironmentVars."""
    return Get(EnvironmentVars, EnvironmentVarsRequest(names))


def source_files(request: SourceFilesRequest) -> Get:
    """Hydrate source fields, generating code where asked for; gives SourceFiles."""
    return Get(SourceFiles, SourceFilesRequest, request)


def stripped_source_files(request: SourceFilesRequest) -> Get:
    """Hydrate source fields and take source roots off their paths; gives StrippedSourceFiles."""
    return Get(StrippedSourceFiles, SourceFilesRequest, request)


def direct_dependencies(request: DependenciesRequest) -> Get:
    """Resolve one target's dependencies, not theirs; gives Targets."""
    return Get(Targets, DependenciesRequest, request)


def parse_addresses(inputs: UnparsedAddressInputs) -> Get:
    """Turn address strings of a field into addresses; gives Addresses."""
    return Get(Addresses, UnparsedAddressInputs, inputs)


def load_targets(addresses: Addresses) -> Get:
    """Load the targets at addresses; gives Targets."""
    return Get(Targets, Addresses, addresses)
