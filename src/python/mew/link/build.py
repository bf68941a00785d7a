# SPDX-License-Identifier: Apache-2.0
"""Builds a system's own objects: the thin shell around `commands.build_steps`."""
import tempfile
from pathlib import Path
from typing import Sequence

from mew.errors import MewError
from mew.files import read_input
from mew.files import write_output
from mew.link import commands
from mew.link.process import run
from mew.link.verify import verify_no_paths


def build_system(
    system: str, *, zig: Path, sources: Path, output: Path, features: Sequence[str]
) -> None:
    """Compile `system` from the directory `sources` into `output`, a directory that is made.

    Afterwards `output` holds the objects, the linker script and the feature list, and nothing
    else that was not there. Raises MewError with the compiler's words when a source is refused.
    """
    try:
        text = commands.features_source(features)
    except ValueError as error:
        raise MewError(str(error), hint="Correct the option --features.") from error
    script = read_input(sources / commands.linker_script(system))
    output.mkdir(parents=True, exist_ok=True)
    write_output(output / commands.FEATURES_NAME, text.encode())
    write_output(output / commands.SCRIPT_NAME, script)
    with tempfile.TemporaryDirectory(prefix=".cache-", dir=output) as cache:
        write_output(Path(cache, commands.STRIP_SCRIPT_NAME), commands.STRIP_SCRIPT.encode())
        steps = commands.build_steps(
            system, zig=str(zig), sources=str(sources), output=str(output), cache=cache
        )
        for step in steps:
            finished = run(step.argv)
            if finished.exit_code != 0:
                raise MewError(
                    f"{step.output}: the compiler refused the sources:\n{finished.stderr.strip()}",
                    hint="Correct the source named above.",
                )
    for name in commands.object_names(system):
        content = read_input(output / name)
        verify_no_paths(content, _machine_paths(sources, output), str(output / name))


def _machine_paths(*paths: Path) -> Sequence[str]:
    return [str(path.resolve()) for path in paths]
