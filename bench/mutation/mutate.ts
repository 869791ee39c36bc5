// `npm run mutate [-- --sample N] [--seed S] [--file PART] [--workers N] [--json]`; exit 1 below the floor.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readArgs } from "../../simulation/script-options.ts";
import { createRng } from "../../src/core/value/rng.ts";

/*
 * Mutation score of the kernel and the log (`src/core/run`, `src/core/log`): makes small changes to the source, one at
 * a time, and counts how many the tests notice. StrykerJS makes and runs them; `npm run mutate:install` installs it
 * here, apart from `npm ci`. Texts are not mutated: golden files hold those for people, and mutants that flip
 * comparisons cover the tags. The compiler then sees the mutants that the tests let pass. One that does not compile is
 * noticed too, and counted separately.
 */

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = ["src/core/run", "src/core/log"];

/** The percentage of mutants that must be noticed. */
const floor = 90;

interface Position {
  readonly line: number;
  readonly column: number;
}

/** One change, as Stryker describes it. Lines and columns count from 0 in its plan and from 1 in its report. */
interface Mutant {
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: { readonly start: Position; readonly end: Position };
}
interface PlannedMutant extends Mutant {
  readonly fileName: string;
}
interface ReportedMutant extends Mutant {
  readonly status: string;
}

/** A mutant that nothing noticed. */
export interface Survivor {
  readonly place: string;
  readonly mutator: string;
  readonly was: string;
  readonly became: string;
}

/** The result for a sample. `compiler` counts mutants that the tests let pass and that do not compile. */
export interface MutationReport {
  readonly total: number;
  readonly mutants: number;
  readonly killed: number;
  readonly timeouts: number;
  readonly compiler: number;
  readonly survived: number;
  /** The percentage of the sample that the tests or the compiler notice. */
  readonly score: number;
  /** As `score`, but leaving out mutants that only the compiler notices. This is Stryker's own figure. */
  readonly testScore: number;
  readonly survivors: readonly Survivor[];
}

function listFiles(part: string): readonly string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith(".ts") && !/\.(?:test|fixture)\.ts$/.test(name))
        .map((name) => `${folder}/${name}`),
    )
    .filter((path) => path.includes(part))
    .sort();
}

/** All mutants. */
async function planMutants(files: readonly string[]): Promise<readonly PlannedMutant[]> {
  const url = pathToFileURL(
    join(root, "bench/mutation/node_modules/@stryker-mutator/instrumenter/dist/src/index.js"),
  ).href;
  // Stryker's types are not installed with the project. This is the part that is used.
  const { Instrumenter } = (await import(url)) as {
    readonly Instrumenter: new (
      logger: object,
    ) => {
      instrument(files: readonly object[], options: object): Promise<{ readonly mutants: readonly PlannedMutant[] }>;
    };
  };
  const quiet = { debug: () => undefined, info: () => undefined, isDebugEnabled: () => false };
  const sources = files.map((name) => ({ name, mutate: true, content: readFileSync(join(root, name), "utf8") }));
  const { mutants } = await new Instrumenter(quiet).instrument(sources, {
    plugins: null,
    ignorers: [],
    excludedMutations: ["StringLiteral"],
    noHeader: true,
  });
  return mutants.filter(({ mutatorName }) => mutatorName !== "StringLiteral");
}

/** The same in `sample-checker.js`. */
function keyOf({ fileName, location, mutatorName, replacement }: PlannedMutant): string {
  const { start, end } = location;
  return `${fileName}:${start.line}:${start.column}-${end.line}:${end.column} ${mutatorName} ${replacement}`;
}

function sampleOf<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  const rng = createRng(seed);
  const left = [...items];
  return Array.from({ length: Math.min(count, items.length) }, () => left.splice(rng.below(left.length), 1)).flat();
}

/** Runs Stryker over the sample and reads from its report the mutants that ran, by file. */
function runStryker(
  folder: string,
  files: readonly string[],
  sample: readonly string[],
  workers: number,
): Readonly<Record<string, readonly ReportedMutant[]>> {
  const report = join(folder, "report.json");
  const modules = "./bench/mutation/node_modules/@stryker-mutator";
  const options = {
    testRunner: "vitest",
    plugins: [`${modules}/vitest-runner/dist/src/index.js`, "./bench/mutation/sample-checker.js"],
    checkers: ["sample"],
    vitest: { configFile: "bench/mutation/mutant-tests.ts", related: false },
    mutate: files,
    mutator: { excludedMutations: ["StringLiteral"] },
    // TypeScript 7 has no API by which Stryker could rewrite a configuration, so it must not read one.
    tsconfigFile: "none",
    ignorePatterns: ["lab", "docs", "packs", "examples", "verifier", "bench/peers"],
    coverageAnalysis: "perTest",
    concurrency: workers,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: report },
    tempDirName: ".mutation",
    timeoutMS: 10_000,
    warnings: false,
    allowConsoleColors: false,
    disableTypeChecks: false,
  };
  writeFileSync(join(folder, "stryker.json"), JSON.stringify(options));
  writeFileSync(join(folder, "sample.json"), JSON.stringify(sample));
  const env = { ...process.env, MUTATION_SAMPLE: join(folder, "sample.json") };
  const { status } = spawnSync(
    process.execPath,
    [join(root, modules, "core/bin/stryker.js"), "run", join(folder, "stryker.json")],
    { cwd: root, env, stdio: ["ignore", 2, 2] },
  );
  if (status !== 0) throw new Error("Stryker did not come to its end");
  const read = JSON.parse(readFileSync(report, "utf8")) as {
    readonly files: Readonly<Record<string, { readonly mutants: readonly ReportedMutant[] }>>;
  };
  return Object.fromEntries(
    Object.entries(read.files).map(([path, { mutants }]) => [
      path,
      mutants.filter(({ status }) => status !== "Ignored" && status !== "CompileError"),
    ]),
  );
}

function offsetOf(source: string, { line, column }: Position): number {
  const lines = source.split("\n").slice(0, line - 1);
  return lines.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}

/** A copy of the core in which one file at a time is replaced, for the compiler to check. */
function compilerOf(folder: string): (path: string, source: string) => boolean {
  for (const path of ["tsconfig.json", "tsconfig.core.json", "package.json", "src/core"])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return (path, source) => {
    const original = readFileSync(join(folder, path), "utf8");
    writeFileSync(join(folder, path), source);
    const { status } = spawnSync(process.execPath, [
      join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      join(folder, "tsconfig.core.json"),
    ]);
    writeFileSync(join(folder, path), original);
    return status === 0;
  };
}

function judge(
  total: number,
  found: Readonly<Record<string, readonly ReportedMutant[]>>,
  compiles: (path: string, source: string) => boolean,
): MutationReport {
  const survivors: Survivor[] = [];
  let [mutants, killed, timeouts, compiler] = [0, 0, 0, 0];
  for (const [path, list] of Object.entries(found)) {
    const source = readFileSync(join(root, path), "utf8");
    for (const { mutatorName, replacement, location, status } of list) {
      mutants += 1;
      if (status === "Timeout") timeouts += 1;
      else if (status !== "Survived" && status !== "NoCoverage") killed += 1;
      else {
        const [from, to] = [offsetOf(source, location.start), offsetOf(source, location.end)];
        if (!compiles(path, source.slice(0, from) + replacement + source.slice(to))) compiler += 1;
        else
          survivors.push({
            place: `${path}:${location.start.line}:${location.start.column}`,
            mutator: mutatorName,
            was: source.slice(from, to),
            became: replacement,
          });
      }
    }
  }
  const noticed = killed + timeouts;
  return {
    total,
    mutants,
    killed,
    timeouts,
    compiler,
    survived: survivors.length,
    score: percent(noticed + compiler, mutants),
    testScore: percent(noticed, mutants - compiler),
    survivors,
  };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.round((10_000 * part) / whole) / 100;
}

async function main(): Promise<number> {
  const { values } = readArgs({
    options: {
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      file: { type: "string", default: "" },
      workers: { type: "string", default: "2" },
      json: { type: "boolean" },
    },
  });
  if (!existsSync(join(root, "bench/mutation/node_modules"))) {
    console.error("Stryker is not installed: `npm run mutate:install`");
    return 69;
  }
  const files = listFiles(values.file);
  const planned = await planMutants(files);
  const sample = sampleOf(planned, Number(values.sample ?? planned.length), Number(values.seed));
  const folder = mkdtempSync(join(tmpdir(), "mutation-"));
  try {
    const started = performance.now();
    const found = runStryker(folder, files, sample.map(keyOf), Number(values.workers));
    const report = judge(planned.length, found, compilerOf(folder));
    const seconds = Math.round((performance.now() - started) / 1000);
    if (values.json === true)
      console.log(JSON.stringify({ format: "interlock.mutation/1", seed: Number(values.seed), seconds, ...report }));
    else {
      for (const { place, mutator, was, became } of report.survivors)
        console.log(
          `${place} ${mutator}\n  - ${was.replaceAll("\n", "\n    ")}\n  + ${became.replaceAll("\n", "\n    ")}`,
        );
      const { mutants, total, killed, timeouts, compiler, survived, score, testScore } = report;
      const fates = `${killed} killed, ${timeouts} timed out, ${compiler} do not compile, ${survived} survived`;
      const noticed = `${score} % noticed, ${testScore} % by tests (floor ${floor} %)`;
      console.log(`${mutants} of ${total} mutants in ${seconds} s: ${fates}; ${noticed}`);
    }
    return report.score < floor ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
