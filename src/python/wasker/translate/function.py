# SPDX-License-Identifier: Apache-2.0
"""Translation of one function body: the state that every emitter works on.

Wasm is a structured stack machine, so its control flow gives SSA form directly:

- The operand stack holds *typed operands*, the text that LLVM wants where it wants a type and a
  value: `i32 %7`, `double 0x3FF0000000000000`, `ptr @"wasm:f"`. Instructions that repeat no type
  for their second operand slice it off (`types.bare`), since each emitter knows its types.
- Locals are a list of typed operands. `local.get` and `local.set` emit nothing.
- Values get rising numbers (`%7`), which LLVM reads faster than names; blocks get names.
- Where paths join, phis are written for operands, and for those locals that differ
  (`control.py`). A loop's header comes before its back edges are known, so it gets phis for the
  locals that the loop assigns, completed at its `end`.
- Code after an unconditional branch is skipped: it has no meaning, only a type.

A body is a list of lines, joined once. Nothing here imports LLVM.
"""
from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Callable
from typing import Iterator
from typing import Optional
from typing import Sequence

from mew_abi import traps

from wasker.translate.types import llvm_type
from wasker.translate.types import result_type
from wasker.translate.types import zero
from wasker.wasm.module import FuncType
from wasker.wasm.module import Instruction
from wasker.wasm.opcodes import OPCODES_BY_NAME

if TYPE_CHECKING:
    from wasker.translate.control import Frame
    from wasker.translate.context import ModuleTranslator

Emitter = Callable[["Function", object], None]

LOCAL_SET = OPCODES_BY_NAME["local.set"].code
LOCAL_TEE = OPCODES_BY_NAME["local.tee"].code

# Metadata attached to branches that are as good as never taken; defined once per module.
UNLIKELY = "!prof !1"


class Function:
    """The state of one body's translation; emitters read and write it.

    `stack`, `locals` hold typed operands. In the current extended block, `bases` has the memories'
    bases that were read, and `accesses` the pointers of accesses as (distance, pointer) by the
    operand that their index is made of; `sums` maps x + constant to (x, constant). `conditions`
    maps an i32 operand that was made from a comparison to the comparison; `promoted` are results
    of `f64.promote_f32`. `loads` and `calls` map the values that a trap may hide behind to their
    lines (`deadloads.py`).
    """

    __slots__ = (
        "module", "function_type", "instructions", "offset", "stack", "locals", "snapshot", "lines",
        "count", "blocks", "block", "frames", "loop_locals", "bases", "accesses", "sums",
        "conditions", "promoted", "loads", "calls", "trap_kinds", "trap_locations", "assigned_at",
        "unwinds", "preludes", "joined",
    )  # fmt: skip

    def __init__(
        self, module: "ModuleTranslator", function_type: FuncType = FuncType((), ())
    ) -> None:
        self.module = module
        self.function_type = function_type
        self.instructions: Iterator[Instruction] = iter(())
        self.offset = 0
        self.stack: list[str] = []
        self.locals: list[str] = []
        self.snapshot: Optional[tuple[str, ...]] = None
        self.lines: list[str] = ["entry:"]
        self.count = -1
        self.blocks = 0
        self.block = "entry"
        self.frames: list[Frame] = []
        self.loop_locals: dict[int, list[int]] = {}
        # What to write in front of loops, by their offset; it may return where they go on, too.
        self.preludes: dict[int, Callable[[Function], Optional[Frame]]] = {}
        self.bases: dict[int, str] = {}
        self.accesses: dict[str, list[tuple[int, str]]] = {}
        self.sums: dict[str, tuple[str, int]] = {}
        self.conditions: dict[str, str] = {}
        self.promoted: dict[str, None] = {}
        self.loads: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        self.trap_kinds: dict[int, None] = {}
        # Kind -> what follows the instruction that raises it; only with debug lines.
        self.trap_locations: dict[int, str] = {}
        # Number of lines at the last assignment of a local, which may have copied an operand.
        self.assigned_at = 0
        # Operands of all phis so far.
        self.joined = 0
        # Whether an exception can leave the function; the results are then meaningless.
        self.unwinds = False

    def start(self, declared_locals: Sequence) -> None:
        """Bind parameters to `%0`..., and declared locals to their zeros."""
        for number, value_type in enumerate(self.function_type.params):
            self.locals.append(f"{llvm_type(value_type)} %{number}")
        self.count = len(self.locals) - 1
        for repeat, value_type in declared_locals:
            self.locals.extend([zero(value_type)] * repeat)

    def define(self, text: str) -> str:
        """Append `%n = text` and return `%n`."""
        self.count = number = self.count + 1
        self.lines.append(f"%{number} = {text}")
        return f"%{number}"

    def push(self, type_text: str, text: str) -> None:
        """Append `%n = text` and push it as an operand of the given type."""
        self.count = number = self.count + 1
        self.lines.append(f"%{number} = {text}")
        self.stack.append(f"{type_text} %{number}")

    def push_condition(self, text: str) -> None:
        """Push the i32 form of an i1 instruction, remembering the i1 for a branch or select."""
        self.count = number = self.count + 2
        self.lines.append(f"%{number - 1} = {text}")
        self.lines.append(f"%{number} = zext i1 %{number - 1} to i32")
        operand = f"i32 %{number}"
        self.conditions[operand] = f"%{number - 1}"
        self.stack.append(operand)

    def pop_condition(self) -> str:
        """Pop an i32 and return an i1 value that says whether it is not zero."""
        operand = self.stack.pop()
        condition = self.conditions.get(operand)
        if condition is None:
            return self.define(f"icmp ne {operand}, 0")
        # Usually the widening is the last line and nobody else can need it: take it back.
        if self.lines[-1] == f"{operand[4:]} = zext i1 {condition} to i32":
            if self.assigned_at != len(self.lines):
                self.lines.pop()
        return condition

    def new_label(self) -> str:
        """A block name that is unique in this function."""
        self.blocks += 1
        return f"b{self.blocks}"

    def open_block(self, label: str, *, dominated: bool) -> None:
        """Continue in block `label`; `dominated` when the block before is its only way in."""
        self.lines.append(f"{label}:")
        self.block = label
        if not dominated:
            self.bases = {}
            self.accesses = {}

    def local_values(self) -> tuple[str, ...]:
        """The locals as they are now; shared between edges until one is assigned."""
        if self.snapshot is None:
            self.snapshot = tuple(self.locals)
        return self.snapshot

    def trap_label(self, kind: int) -> str:
        """The block of this function that raises the trap `kind`."""
        assert kind in traps.TRAP_MESSAGES
        self.trap_kinds[kind] = None
        return f"trap{kind}"

    def trap_if(self, condition: str, kind: int) -> None:
        """Branch to the trap when the i1 holds; continue in a new block."""
        label = self.new_label()
        trap = self.trap_label(kind)
        self.lines.append(f"br i1 {condition}, label %{trap}, label %{label}, {UNLIKELY}")
        self.open_block(label, dominated=True)

    def finish(self) -> str:
        """Append the blocks that leave abnormally and return the body's text."""
        if self.unwinds:
            result = result_type(self.function_type.results)
            self.lines.append("unwind:")
            self.lines.append("ret void" if result == "void" else f"ret {result} zeroinitializer")
        for kind in self.trap_kinds:
            self.lines.append(f"trap{kind}:")
            location = self.trap_locations.get(kind, "")
            self.lines.append(f"call void @llvm.ubsantrap(i8 {kind}){location}")
            self.lines.append("unreachable")
        return "\n".join(self.lines)


def assigned_in_loops(instructions: Sequence[Instruction]) -> dict:
    """Offset of each `loop` -> sorted indices of the locals assigned inside it.

    A loop's header needs phis for exactly these; anything else is the same on every back edge.
    """
    codes = BlockCodes
    blocks_and_assignments = codes.openers | {codes.end, LOCAL_SET, LOCAL_TEE}
    found: dict[int, list[int]] = {}
    open_blocks: list[Optional[tuple[int, set[int]]]] = []
    assigned: set[int] = set()
    enclosing: list[set[int]] = []
    for opcode, immediate, offset in [i for i in instructions if i[0] in blocks_and_assignments]:
        if opcode == LOCAL_SET or opcode == LOCAL_TEE:
            assigned.add(immediate)
        elif opcode == codes.loop:
            open_blocks.append((offset, assigned))
            enclosing.append(assigned)
            assigned = set()
        elif opcode in codes.openers:
            open_blocks.append(None)
        elif opcode == codes.end and open_blocks:
            loop = open_blocks.pop()
            if loop:
                found[loop[0]] = sorted(assigned)
                outer = enclosing.pop()
                outer |= assigned
                assigned = outer
    return found


class BlockCodes:
    """Opcodes that open, divide and close blocks."""

    loop = OPCODES_BY_NAME["loop"].code
    otherwise = OPCODES_BY_NAME["else"].code
    end = OPCODES_BY_NAME["end"].code
    openers = frozenset(
        OPCODES_BY_NAME[name].code for name in ("block", "loop", "if", "try_table", "try")
    )
