import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * `npm run coverage:kernel`: branch coverage of `src/core/run` by its own tests, and an error below the floor; `npm
 * test` runs the same. The kernel's own tests and not the simulator's: what only chance reaches has no claim of its
 * own. One rule says what is not counted: `default: return assertNever(…)`, which the compiler has proven unreachable;
 * fixtures are no kernel.
 */

/** Per cent of branches. */
const floor = 100;

interface Place {
  readonly start: { readonly line?: number };
}
interface FileCoverage {
  readonly branchMap: Readonly<Record<string, { readonly loc: Place; readonly locations: readonly Place[] }>>;
  readonly b: Readonly<Record<string, readonly number[]>>;
}

/** Branches of one file that count, and the lines of those no test took. */
export function countBranches(
  source: string,
  coverage: FileCoverage,
): { readonly branchCount: number; readonly missed: readonly number[] } {
  const lines = source.split("\n");
  let branchCount = 0;
  const missed: number[] = [];
  for (const [id, hits] of Object.entries(coverage.b)) {
    const branch = coverage.branchMap[id];
    for (const [index, hitCount] of hits.entries()) {
      const line = branch?.locations[index]?.start.line ?? branch?.loc.start.line ?? 0;
      if (/^\s*default:\s*return assertNever\(/.test(lines.slice(line - 1, line + 1).join("\n"))) continue;
      branchCount += 1;
      if (hitCount === 0) missed.push(line);
    }
  }
  return { branchCount, missed };
}

/** What the kernel's tests leave out: each missed branch with its place, and how many there are in all. */
export function measureKernel(): { readonly branchCount: number; readonly missed: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), "kernel-coverage-"));
  try {
    let branchCount = 0;
    const missed: string[] = [];
    for (const [path, coverage] of Object.entries(runTests(folder)).sort(([left], [right]) =>
      left < right ? -1 : 1,
    )) {
      const source = readFileSync(path, "utf8");
      const counted = countBranches(source, coverage);
      branchCount += counted.branchCount;
      missed.push(
        ...counted.missed.map((line) => `${basename(path)}:${line}: ${source.split("\n")[line - 1]?.trim() ?? ""}`),
      );
    }
    return { branchCount, missed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runTests(folder: string): Readonly<Record<string, FileCoverage>> {
  const options = [
    "--coverage",
    "--coverage.include=src/core/run/**/*.ts",
    "--coverage.exclude=**/*.fixture.ts",
    "--coverage.reporter=json",
    `--coverage.reportsDirectory=${folder}`,
  ];
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  // A runner inside a runner: what the outer one tells its workers is not for this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const { status, stdout } = spawnSync(
    process.execPath,
    [vitest, "run", "src/core/run", "--isolate=false", "--reporter=dot", ...options],
    { cwd: new URL("../..", import.meta.url), env, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the kernel's tests pass before their coverage counts\n${stdout}`);
  // The report is this process's own.
  return JSON.parse(readFileSync(join(folder, "coverage-final.json"), "utf8")) as Record<string, FileCoverage>;
}

if (import.meta.main) {
  const { branchCount, missed } = measureKernel();
  for (const place of missed) console.log(place);
  const reached = (100 * (branchCount - missed.length)) / branchCount;
  console.log(`${branchCount - missed.length} of ${branchCount} branches, ${reached.toFixed(2)} % (floor ${floor} %)`);
  process.exitCode = reached < floor ? 1 : 0;
}
