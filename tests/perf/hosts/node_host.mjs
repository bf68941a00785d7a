// SPDX-License-Identifier: Apache-2.0
// Runs a WASI program under node and reports the CPU time of the call alone on standard error.
// Start node with --no-liftoff --no-wasm-lazy-compilation: the optimising compiler then does all
// its work in WebAssembly.compile, outside the time that is measured.
import { readFileSync, writeSync } from "node:fs";
import { argv, cpuUsage } from "node:process";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: argv.slice(2), returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(argv[2]));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
const before = cpuUsage();
const code = wasi.start(instance);
const { user, system } = cpuUsage(before);
writeSync(2, `${((user + system) / 1e6).toFixed(6)}\n`);
process.exitCode = code ?? 0;
