# SPDX-License-Identifier: Apache-2.0
"""Commands for gdb, which loads this file: `gdb -x gdb_commands.py kernel.elf`.

`help mew` inside gdb lists them. They know Wasm functions by their own names, whatever is in
those, and linear memory by the program's addresses. docs/howto/debug.md shows a session.
"""
import os
import sys
from pathlib import Path
from typing import Iterator
from typing import List
from typing import NamedTuple
from typing import Optional

import gdb
import gdb.unwinder

sys.path.insert(0, str(Path(os.path.abspath(__file__)).parents[2]))

# gdb gives the module search path only now.
from mew.debug.functions import Function  # noqa: E402
from mew.debug.functions import Functions  # noqa: E402
from mew.link import elf  # noqa: E402
from mew_abi import layout  # noqa: E402
from mew_abi import traps  # noqa: E402

_FRAMES_MAX = 64
_MEMORY_BYTES_DEFAULT = 64
_MEMORY_BYTES_MAX = 1 << 16
_ROW_BYTES = 16
_FUNCTIONS_MAX = 200

# Frame in kernel/src/arch/x86_64/idt.zig: what lies on the stack when `handleInterrupt` is called.
_FRAME_REGISTERS = (
    "r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8", "rdi", "rsi", "rbp", "rbx", "rdx",
    "rcx", "rax", "vector", "error_code", "rip", "cs", "eflags", "rsp", "ss",
)  # fmt: skip
_EXCEPTION_HANDLER = "handleInterrupt"
_EXCEPTION_STUB = "interrupt_common"
_EXCEPTIONS = 32
_DIVIDE_ERROR, _INVALID_OPCODE, _PAGE_FAULT = 0, 6, 14
# ud1l KIND(%eax), %eax
_TRAP_OPCODE = b"\x67\x0f\xb9\x40"
_MEMORY_ZERO = "mem.linear.memory_zero"
_PUSH_RBP, _RETURN = 0x55, 0xC3


class _Program:
    """The image that gdb was started with, read once."""

    _path = ""
    _functions: Optional[Functions] = None

    @classmethod
    def functions(cls) -> Functions:
        path = gdb.current_progspace().filename
        if path is None:
            raise gdb.GdbError("no image: start gdb with it, or use the command `file`")
        if cls._functions is None or path != cls._path:
            image = elf.Image(Path(path).read_bytes(), path)
            cls._functions, cls._path = Functions(image.symbols()), path
        return cls._functions


def _read(address: int, size: int) -> bytes:
    return bytes(gdb.selected_inferior().read_memory(address, size))


def _word(address: int) -> int:
    return int.from_bytes(_read(address, 8), "little")


def _number(text: str) -> int:
    """A gdb expression's value, as an address."""
    value = gdb.parse_and_eval(text)
    try:
        return int(value.cast(gdb.lookup_type("unsigned long long")))
    except gdb.error:
        raise gdb.GdbError(f"{text!r} is no number") from None


def _described(address: int, lookup: int) -> str:
    """`0x... wasm function 'f' + 0x5 at file:line in g, inlined`.

    `lookup` lies inside the instruction.
    """
    text = f"0x{address:x}"
    function = _Program.functions().find(lookup)
    if function is not None:
        text += f" {function.shown()} + 0x{address - function.start:x}"
    place = gdb.find_pc_line(lookup)
    if place.symtab is None:
        return text
    text += f" at {place.symtab.filename}:{place.line}" if place.line else ""
    return text + "".join(f" in {name}, inlined" for name in _inlined(lookup))


def _inlined(address: int) -> List[str]:
    """Names of the functions that were inlined at `address`, innermost first."""
    names = []
    block = gdb.block_for_pc(address)
    while block is not None and not block.is_static and not block.is_global:
        if block.function is not None:
            names.append(block.function.name)
        block = block.superblock
    # The last one is the function that they were inlined into.
    return names[:-1]


class _Identity(NamedTuple):
    """What tells two frames apart, as gdb reads it."""

    sp: gdb.Value
    pc: gdb.Value


def _register(value: int) -> gdb.Value:
    return gdb.Value(value).cast(gdb.lookup_type("unsigned long long"))


class _Unwinder(gdb.unwinder.Unwinder):
    """Callers by frame pointers, through the kernel's exception entry: images have no CFI."""

    def __init__(self) -> None:
        super().__init__("mew")

    def __call__(self, frame: gdb.PendingFrame) -> Optional[gdb.UnwindInfo]:
        pc = int(frame.read_register("rip"))
        function = _Program.functions().find(pc)
        if function is None:
            return None
        sp = int(frame.read_register("rsp")) & (1 << 64) - 1
        try:
            if function.name == _EXCEPTION_STUB:
                return self._interrupted(frame, sp, function)
            return self._called(frame, sp, pc, function)
        except gdb.MemoryError:
            return None

    @staticmethod
    def _interrupted(frame: gdb.PendingFrame, sp: int, function: Function) -> gdb.UnwindInfo:
        identity = _Identity(_register(sp), _register(function.start))
        info = frame.create_unwind_info(identity)
        for index, name in enumerate(_FRAME_REGISTERS):
            if name not in ("vector", "error_code", "cs", "ss", "eflags"):
                info.add_saved_register(name, _register(_word(sp + 8 * index)))
        return info

    @staticmethod
    def _called(
        frame: gdb.PendingFrame, sp: int, pc: int, function: Function
    ) -> Optional[gdb.UnwindInfo]:
        rbp = int(frame.read_register("rbp")) & (1 << 64) - 1
        # Before the frame exists, and after it is gone, the return address is on top.
        pushed = _read(function.start, 1)[0] == _PUSH_RBP
        if (pushed and pc == function.start) or _read(pc, 1)[0] == _RETURN:
            place, caller_frame = sp, rbp
        elif pushed and pc == function.start + 1:
            place, caller_frame = sp + 8, _word(sp)
        else:
            place, caller_frame = rbp + 8, _word(rbp)
        caller = _word(place)
        if caller == 0:
            return None
        identity = _Identity(_register(place + 8), _register(function.start))
        info = frame.create_unwind_info(identity)
        info.add_saved_register("rip", _register(caller))
        info.add_saved_register("rsp", _register(place + 8))
        info.add_saved_register("rbp", _register(caller_frame))
        return info


class _Mew(gdb.Command):
    """Commands for a mew kernel and the WebAssembly program in it."""

    def __init__(self) -> None:
        super().__init__("mew", gdb.COMMAND_USER, gdb.COMPLETE_COMMAND, True)


class _Backtrace(gdb.Command):
    """Show the callers, Wasm functions by their own names: mew backtrace"""

    def __init__(self) -> None:
        super().__init__("mew backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument: str, from_tty: bool) -> None:
        for index, line in enumerate(_frames()):
            gdb.write(f"#{index} {line}\n")


def _frames() -> Iterator[str]:
    frame: Optional[gdb.Frame] = gdb.newest_frame()
    returns = False
    for _ in range(_FRAMES_MAX):
        # gdb has a frame for each inlined function too, but not after an exception.
        while frame is not None and frame.type() == gdb.INLINE_FRAME:
            frame = frame.older()
        if frame is None or not frame.is_valid() or frame.pc() == 0:
            return
        # A return address may be one past the end of its function.
        yield _described(frame.pc(), frame.pc() - 1 if returns else frame.pc())
        function = _Program.functions().find(frame.pc())
        returns = function is None or function.name != _EXCEPTION_STUB
        frame = frame.older()
    yield "..."


class _Memory(gdb.Command):
    """Show bytes of linear memory 0, by the program's addresses: mew memory ADDRESS [BYTES]

    Both are gdb expressions without spaces, such as 1024, 0x400 or $ecx."""

    def __init__(self) -> None:
        super().__init__("mew memory", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        words = argument.split()
        if not 1 <= len(words) <= 2:
            raise gdb.GdbError("usage: mew memory ADDRESS [BYTES]")
        start = _number(words[0])
        size = _number(words[1]) if len(words) == 2 else _MEMORY_BYTES_DEFAULT
        limit = self._size_bytes()
        if not 0 <= start <= limit:
            raise gdb.GdbError(f"0x{start:x} is not in the memory of 0x{limit:x} bytes")
        size = max(0, min(size, limit - start, _MEMORY_BYTES_MAX))
        content = _read(layout.LINEAR_MEMORY_BASE + start, size)
        for offset in range(0, size, _ROW_BYTES):
            gdb.write(_row(start + offset, content[offset : offset + _ROW_BYTES]) + "\n")

    @staticmethod
    def _size_bytes() -> int:
        """From `struct Memory` of docs/reference/abi.md, which the system keeps a pointer to."""
        symbol = gdb.parse_and_eval(f"(unsigned long long)&'{_MEMORY_ZERO}'")
        try:
            memory = _word(int(symbol))
            pages = _word(memory + 8) if memory else 0
        except gdb.MemoryError:
            pages = 0
        if pages == 0:
            raise gdb.GdbError("no linear memory: the program has not started, or it has none")
        return pages * layout.WASM_PAGE_SIZE


def _row(address: int, content: bytes) -> str:
    digits = " ".join(f"{byte:02x}" for byte in content)
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in content)
    return f"0x{address:08x}  {digits:<{3 * _ROW_BYTES}} {text}"


class _ListFunctions(gdb.Command):
    """List functions with TEXT in their names, all without one: mew functions [TEXT]

    Everything after the command is the text, spaces and quotes too."""

    def __init__(self) -> None:
        super().__init__("mew functions", gdb.COMMAND_DATA)

    def invoke(self, argument: str, from_tty: bool) -> None:
        found = _Program.functions().containing(argument)
        if not found:
            raise gdb.GdbError(f"no function has {argument!r} in its name")
        for function in found[:_FUNCTIONS_MAX]:
            size = function.end - function.start
            gdb.write(f"0x{function.start:x} {size:6} bytes  {function.shown()}\n")
        if len(found) > _FUNCTIONS_MAX:
            gdb.write(f"... and {len(found) - _FUNCTIONS_MAX} more: give more of the name\n")


class _Break(gdb.Command):
    """Stop at the start of a function, by its whole name: mew break NAME

    Everything after the command is the name, spaces and quotes too."""

    def __init__(self) -> None:
        super().__init__("mew break", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument: str, from_tty: bool) -> None:
        functions = _Program.functions()
        found = functions.named(argument)
        if not found:
            similar: List[Function] = functions.containing(argument)[:5] if argument else []
            hint = ", ".join(one.shown() for one in similar) or "see `mew functions`"
            raise gdb.GdbError(f"no function {argument!r}; {hint}")
        for function in found:
            gdb.Breakpoint(f"*0x{function.start:x}")
            gdb.write(f"  at {function.shown()}\n")

    def complete(self, text: str, word: str) -> List[str]:
        names = [one.name for one in _Program.functions().containing(text) if one.is_wasm]
        skipped = len(text) - len(word)
        return [name[skipped:] for name in names if name.startswith(text)]


class _Traps(gdb.Command):
    """Stop at each trap and say what it is; `mew traps off` ends that: mew traps [off]"""

    _stop: Optional["_TrapStop"] = None

    def __init__(self) -> None:
        super().__init__("mew traps", gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument: str, from_tty: bool) -> None:
        if argument not in ("", "on", "off"):
            raise gdb.GdbError("usage: mew traps [off]")
        if self._stop is not None:
            self._stop.delete()
            self._stop = None
        if argument != "off":
            self._stop = _TrapStop()


class _TrapStop(gdb.Breakpoint):
    """At the kernel's exception handler, whose only argument points to the saved registers."""

    def __init__(self) -> None:
        found = _Program.functions().named(_EXCEPTION_HANDLER)
        if not found:
            raise gdb.GdbError("no kernel: a Linux process gets a signal for each trap")
        super().__init__(f"*0x{found[0].start:x}")

    def stop(self) -> bool:
        place = int(gdb.parse_and_eval("(unsigned long long)$rdi"))
        saved = {name: _word(place + 8 * index) for index, name in enumerate(_FRAME_REGISTERS)}
        if saved["vector"] >= _EXCEPTIONS:
            return False
        gdb.write(f"mew: {_cause(saved['vector'], saved['rip'])}\n")
        gdb.write(f"  at {_described(saved['rip'], saved['rip'])}\n")
        return True


def _cause(vector: int, instruction: int) -> str:
    """The trap's name as far as the processor tells; the kernel's report has the last word."""
    if vector == _INVALID_OPCODE:
        code = _read(instruction, len(_TRAP_OPCODE) + 1)
        if code.startswith(_TRAP_OPCODE) and code[-1] in traps.TRAP_MESSAGES:
            return f"trap: {traps.TRAP_MESSAGES[code[-1]]}"
    if vector == _DIVIDE_ERROR:
        return f"trap: {traps.TRAP_MESSAGES[traps.INTEGER_DIVIDE_BY_ZERO]}"
    if vector == _PAGE_FAULT:
        address = int(gdb.parse_and_eval("(unsigned long long)$cr2"))
        return f"page fault: {_fault_kind(address)}"
    return f"exception {vector}"


def _fault_kind(address: int) -> str:
    offset = address - layout.LINEAR_MEMORY_BASE
    if 0 <= offset < layout.LINEAR_MEMORY_WINDOW:
        return f"{traps.TRAP_MESSAGES[traps.MEMORY_OUT_OF_BOUNDS]} at 0x{offset:x}"
    if address >= layout.NULL_FUNCREF_FAULT_START:
        return traps.TRAP_MESSAGES[traps.UNINITIALIZED_ELEMENT]
    if layout.STACK_REGION_BASE <= address < layout.TABLE_REGION_BASE:
        return traps.TRAP_MESSAGES[traps.CALL_STACK_EXHAUSTED]
    return f"address 0x{address:x}"


gdb.unwinder.register_unwinder(None, _Unwinder(), replace=True)
for _command in (_Mew, _Backtrace, _Memory, _ListFunctions, _Break, _Traps):
    _command()
