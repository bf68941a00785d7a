# SPDX-License-Identifier: Apache-2.0
"""A worker of the Remote Workers API, for tests: `remote_worker.py ADDRESS INSTANCE FOLDER`.

BuildGrid queues actions and hands them out; it has no program that runs them. This one does, one
at a time, with BuildGrid's own client library: inputs from the store, the command with exactly its
environment, outputs to the store. Files are fetched once and linked into each input root, since
the toolchain is in most of them.
"""
from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import grpc
from buildgrid._protos.build.bazel.remote.execution.v2 import remote_execution_pb2 as rex
from buildgrid._protos.google.devtools.remoteworkers.v1test2 import bots_pb2
from buildgrid._protos.google.devtools.remoteworkers.v1test2 import bots_pb2_grpc
from buildgrid._protos.google.devtools.remoteworkers.v1test2 import worker_pb2
from buildgrid.client.cas import Downloader
from buildgrid.client.cas import Uploader

PENDING, ACTIVE, COMPLETED = 1, 2, 4
HEALTHY = 1
# The server answers sooner when there is work, and holds the call else.
POLL_S = 20
ACTION_TIMEOUT_S = 300


class Worker:
    """Runs actions below `folder`, which also keeps the files that were fetched."""

    def __init__(self, channel: grpc.Channel, instance: str, folder: Path) -> None:
        self.files = folder / "files"
        self.root = folder / "root"
        self.files.mkdir(parents=True)
        self.store = Downloader(channel, instance=instance)
        self.results = Uploader(channel, instance=instance)

    def run(self, action: rex.Action) -> rex.ActionResult:
        """Execute an action: Remote Execution API v2, `Execute`."""
        command = self.store.get_message(action.command_digest, rex.Command())
        shutil.rmtree(self.root, ignore_errors=True)
        self._lay_out(action.input_root_digest, self.root)
        directory = self.root / command.working_directory
        # Declared outputs' parents exist before the command runs.
        paths = [*command.output_paths, *command.output_files, *command.output_directories]
        for path in paths:
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            list(command.arguments), cwd=directory, capture_output=True, check=False,
            stdin=subprocess.DEVNULL, timeout=ACTION_TIMEOUT_S,
            env={variable.name: variable.value for variable in command.environment_variables},
        )
        result = rex.ActionResult(exit_code=done.returncode)
        result.stdout_digest.CopyFrom(self.results.put_blob(io.BytesIO(done.stdout)))
        result.stderr_digest.CopyFrom(self.results.put_blob(io.BytesIO(done.stderr)))
        for path in dict.fromkeys(paths):
            self._collect(result, path, directory / path)
        self.results.flush()
        return result

    def _lay_out(self, digest: rex.Digest, target: Path) -> None:
        target.mkdir()
        directory = self.store.get_message(digest, rex.Directory())
        for node in directory.files:
            kept = self.files / f"{node.digest.hash}-{int(node.is_executable)}"
            if not kept.exists():
                self.store.download_file(
                    node.digest, str(kept), is_executable=node.is_executable, queue=False
                )
                kept.chmod(0o555 if node.is_executable else 0o444)
            os.link(kept, target / node.name)
        for node in directory.directories:
            self._lay_out(node.digest, target / node.name)
        for node in directory.symlinks:
            os.symlink(node.target, target / node.name)

    def _collect(self, result: rex.ActionResult, path: str, found: Path) -> None:
        if found.is_dir():
            digest = self.results.upload_tree(str(found), queue=False)
            result.output_directories.add(path=path, tree_digest=digest)
        elif found.exists():
            digest = self.results.upload_file(str(found), queue=False)
            executable = os.access(found, os.X_OK)
            result.output_files.add(path=path, digest=digest, is_executable=executable)


def serve(address: str, instance: str, folder: Path) -> None:
    """Take leases for as long as the server answers."""
    channel = grpc.insecure_channel(address)
    worker = Worker(channel, instance, folder)
    bots = bots_pb2_grpc.BotsStub(channel)
    session = bots_pb2.BotSession(bot_id=folder.name, status=HEALTHY)
    session.worker.CopyFrom(worker_pb2.Worker(devices=[worker_pb2.Device(handle="cpu")]))
    session = bots.CreateBotSession(
        bots_pb2.CreateBotSessionRequest(parent=instance, bot_session=session), timeout=POLL_S
    )
    while True:
        for lease in session.leases:
            if lease.state == PENDING:
                lease.state = ACTIVE
            elif lease.state == ACTIVE:
                action = rex.Action()
                lease.payload.Unpack(action)
                lease.result.Pack(worker.run(action))
                lease.state = COMPLETED
        session = bots.UpdateBotSession(
            bots_pb2.UpdateBotSessionRequest(name=session.name, bot_session=session),
            timeout=POLL_S,
        )


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
