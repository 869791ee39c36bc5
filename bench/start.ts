// `npm run bench:start [-- --rounds N]`: how long the built command takes to start, compared with a Node that does
// nothing.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { readArgs } from "../simulation/script-options.ts";
import { layOutBuilt } from "./built-copy.ts";

const { values } = readArgs({ options: { rounds: { type: "string", default: "25" } } });
const folder = mkdtempSync(join(tmpdir(), "interlock-start-"));
const program = join(folder, "bin/interlock.js");
const proposal = "pack/proposals/log-more.json";

/** What is timed: its name, its arguments for Node, and the target, a ratio or a time. */
const calls: readonly (readonly [name: string, args: readonly string[], target: string])[] = [
  ["node -e 0", ["-e", "0"], ""],
  ["interlock --version", [program, "--version"], "2 × node"],
  ["interlock check PROPOSAL", [program, "check", proposal], "250 ms"],
  ["interlock check PACK", [program, "check", "pack"], "250 ms"],
  ["interlock runs --help", [program, "runs", "--help"], ""],
];

/** The times that starting one call took. */
interface Starts {
  readonly wallMs: number[];
  cpuMs: number;
}

try {
  layOutBuilt(folder);
  const site = join(folder, "site");
  start([program, "init", site], folder);
  const starts = calls.map((): Starts => ({ wallMs: [], cpuMs: 0 }));
  // The calls take turns, so that a slow moment of the machine affects all of them.
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [index, [, args]] of calls.entries()) {
      const beforeMs = childCpuMs();
      const wallMs = start(args, site);
      starts[index]?.wallMs.push(wallMs);
      if (starts[index] !== undefined) starts[index].cpuMs += childCpuMs() - beforeMs;
    }
  print(starts);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function start(args: readonly string[], cwd: string): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - startMs;
}

/** CPU time of all children that have ended, in ticks of 10 ms as the kernel counts them; `NaN` if it does not say. */
function childCpuMs(): number {
  if (!existsSync("/proc/self/stat")) return Number.NaN;
  // The command's name, in parentheses, may contain spaces. Fields 16 and 17 are the user and system time of ended
  // children.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

function print(starts: readonly Starts[]): void {
  const medians = starts.map(({ wallMs }) => quantile(wallMs, 0.5));
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
  console.log(`${"".padEnd(26)}${"min".padStart(8)}${"median".padStart(8)}  of node's${"CPU, mean".padStart(11)}`);
  for (const [index, [name, , target]] of calls.entries()) {
    const { wallMs = [], cpuMs = Number.NaN } = starts[index] ?? {};
    const ratio = ((medians[index] ?? Number.NaN) / (medians[0] ?? Number.NaN)).toFixed(1);
    const times = [0, 0.5].map((share) => `${quantile(wallMs, share).toFixed(0)} ms`.padStart(8)).join("");
    const cpu = `${(cpuMs / wallMs.length).toFixed(0)} ms`.padStart(11);
    console.log(
      `${name.padEnd(26)}${times}  ${ratio.padStart(5)} ×  ${cpu}${target === "" ? "" : `   (aim: ${target})`}`,
    );
  }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}
