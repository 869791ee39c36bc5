import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * `npm run coverage:kernel`: branch coverage of `src/core/run` by its own tests, and an error below the floor. `npm
 * test` runs the same. The simulator does not count, because a branch that only chance reaches has no test that makes a
 * claim about it. `default: return assertNever(…)` is not counted, because the compiler has proven it unreachable.
 * Neither are fixtures.
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

/** How many branches of a file count, and the lines of those that no test took. */
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

/** How many branches the kernel has, and the place of each that its tests miss. */
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
  // One test runner inside another: the settings for the outer one's workers must not reach the inner one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const { status, stdout } = spawnSync(
    process.execPath,
    [vitest, "run", "src/core/run", "--isolate=false", "--reporter=dot", ...options],
    { cwd: new URL("../..", import.meta.url), env, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the kernel's tests pass before their coverage counts\n${stdout}`);
  // The runner above wrote this report.
  return JSON.parse(readFileSync(join(folder, "coverage-final.json"), "utf8")) as Record<string, FileCoverage>;
}

if (import.meta.main) {
  const { branchCount, missed } = measureKernel();
  for (const place of missed) console.log(place);
  const reached = (100 * (branchCount - missed.length)) / branchCount;
  console.log(`${branchCount - missed.length} of ${branchCount} branches, ${reached.toFixed(2)} % (floor ${floor} %)`);
  process.exitCode = reached < floor ? 1 : 0;
}
