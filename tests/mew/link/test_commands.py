# SPDX-License-Identifier: Apache-2.0
"""Command lines as values: what must be in them, and that nothing of this machine is."""
import pytest
from mew.link import commands
from mew_abi import wasi


def _steps(system: str) -> "tuple[commands.Step, ...]":
    return commands.build_steps(
        system, zig="tools/zig", sources="kernel", output="out", cache="cache"
    )


@pytest.mark.parametrize("system", commands.SYSTEMS)
def test_every_object_has_a_step(system: str) -> None:
    outputs = [step.output for step in _steps(system) if step.output.startswith("out/")]
    assert sorted(outputs) == sorted(f"out/{name}" for name in commands.object_names(system))
    for step in _steps(system):
        assert step.argv[0] == "tools/zig"
        assert f"-femit-bin={step.output}" in step.argv or step.output in step.argv


@pytest.mark.parametrize("system", commands.SYSTEMS)
def test_nothing_depends_on_the_building_machine(system: str) -> None:
    for step in _steps(system):
        if step.output.startswith("out/"):
            without_paths = "-fstrip" in step.argv or "cache/strip.ld" in step.argv
            assert without_paths, "debug information holds absolute paths"
        assert not [argument for argument in step.argv if argument.startswith("/")]
        assert "native" not in step.argv


@pytest.mark.parametrize("system", commands.SYSTEMS)
def test_code_is_for_a_fixed_processor(system: str) -> None:
    steps = [step for step in _steps(system) if "-O" in step.argv]
    assert len(steps) == 2
    for step in steps:
        assert "-target" in step.argv and "-mcpu" in step.argv


def test_the_kernel_uses_no_vector_registers() -> None:
    (kernel,) = [step for step in _steps("kernel") if step.output == "cache/kernel.o"]
    cpu = kernel.argv[kernel.argv.index("-mcpu") + 1]
    assert "-sse" in cpu and "+soft_float" in cpu
    assert "-mno-red-zone" in kernel.argv


@pytest.mark.parametrize("system", commands.SYSTEMS)
def test_link_order_is_system_program_data(system: str) -> None:
    step = commands.link_step(
        system, zig="zig", objects="sys", programs=["a.o", "b.o"], data=["n.o"], output="x.elf"
    )
    inputs = [argument for argument in step.argv if argument.endswith(".o")]
    assert inputs == [
        *(f"sys/{name}" for name in commands.object_names(system)), "a.o", "b.o", "n.o",
    ]
    assert step.argv[step.argv.index("-T") + 1] == "sys/link.ld"
    assert "--gc-sections" in step.argv and "--build-id=none" in step.argv


def test_features_as_zig() -> None:
    source = commands.features_source(["stdio", "process"])
    assert "pub const stdio = true;" in source
    assert "pub const filesystem = false;" in source
    assert source.count("pub const") == len(wasi.FEATURES)
    assert source == commands.features_source(["process", "stdio"])


def test_unknown_feature_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'files'.*filesystem"):
        commands.features_source(["files"])
