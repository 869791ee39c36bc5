// `npm run bench:start [-- --rounds N]`: how long the built command takes to start, beside Node that does nothing.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../packaging/run-tsc.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "25" } } });
const folder = mkdtempSync(join(tmpdir(), "interlock-start-"));
const program = join(folder, "bin/interlock.js");
const proposal = "pack/proposals/log-more.json";

/** What is timed: name, arguments of Node, and the ratio or time that is aimed at. */
const calls: readonly (readonly [name: string, args: readonly string[], target: string])[] = [
  ["node -e 0", ["-e", "0"], ""],
  ["interlock --version", [program, "--version"], "2 × node"],
  ["interlock check PROPOSAL", [program, "check", proposal], "250 ms"],
  ["interlock check PACK", [program, "check", "pack"], "250 ms"],
  ["interlock runs --help", [program, "runs", "--help"], ""],
];

try {
  // As a package would lie there: no sources, so that the command takes what was built.
  for (const part of ["bin", "dist", "packs", "schemas", "examples", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const site = join(folder, "site");
  time([program, "init", site], folder);
  const timesMs = calls.map((): number[] => []);
  // In turns, so that a machine that slows down slows all of them down.
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [index, [, args]] of calls.entries()) timesMs[index]?.push(time(args, site));
  print(timesMs.map((times) => times.sort((left, right) => left - right)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function time(args: readonly string[], cwd: string): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - startMs;
}

function print(sorted: readonly (readonly number[])[]): void {
  const of = (index: number, share: number): number => {
    const times = sorted[index] ?? [];
    return times[Math.floor(share * (times.length - 1))] ?? Number.NaN;
  };
  console.log(`${"".padEnd(26)}${"min".padStart(8)}${"median".padStart(8)}  of node's`);
  for (const [index, [name, , target]] of calls.entries()) {
    const ratio = (of(index, 0.5) / of(0, 0.5)).toFixed(1);
    const times = [0, 0.5].map((share) => `${of(index, share).toFixed(0)} ms`.padStart(8)).join("");
    console.log(`${name.padEnd(26)}${times}  ${ratio.padStart(5)} ×${target === "" ? "" : `   (aim: ${target})`}`);
  }
}
