// `npm run test:without-cli`: copies the sources without the command line, compiles the copy and runs its tests.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { importsOf } from "../test/support/sources.ts";
import { root } from "./run-tsc.ts";

/** What is tested: everything of the product that is left, and the door as a program meets it. */
const tested = ["src", "test/door"];

const startMs = performance.now();
const say = (text: string): void => console.log(`${((performance.now() - startMs) / 1000).toFixed(1)} s: ${text}`);

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
const files = tracked.split("\n").filter((path) => path !== "" && existsSync(join(root, path)));
const left = leftOut(files);
const lost = left.filter((path) => path.startsWith("src/") && !path.startsWith("src/faces/"));
if (lost.length > 0) throw new Error(`these stand on a face:\n${lost.join("\n")}`);

const folder = mkdtempSync(join(tmpdir(), "interlock-without-cli-"));
try {
  for (const path of files.filter((one) => !left.includes(one))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path));
  }
  for (const path of ["node_modules", "lab/node_modules"])
    if (existsSync(join(root, path))) symlinkSync(join(root, path), join(folder, path));
  say(`copied ${files.length - left.length} files into ${folder}; left out ${describeByFolder(left)}`);
  for (const project of ["tsconfig.json", "tsconfig.core.json"]) run("typescript/bin/tsc", "-p", project);
  say("it compiles");
  const results = join(folder, "results.json");
  // A name on Vitest's command line may stand anywhere in a path, also in that of the lab.
  run("vitest/vitest.mjs", "run", "--reporter=json", `--outputFile=${results}`, "--exclude=lab/**", ...tested);
  tellResults(results);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The faces, the program that starts them, and every source that imports one of these or names it to start it. */
function leftOut(all: readonly string[]): readonly string[] {
  const sources = all
    .filter((path) => path.endsWith(".ts") && path !== "packaging/without-cli.ts")
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return { path, text, lines: text.split("\n") };
    });
  const out = new Set(all.filter((path) => path.startsWith("src/faces/") || path === "bin/interlock.js"));
  for (const { path, text } of sources) if (/\bfaces\/cli\b|\bbin\/interlock\b/.test(text)) out.add(path);
  for (let size = 0; size !== out.size; ) {
    size = out.size;
    for (const source of sources) if (importsOf(source).some((path) => out.has(path))) out.add(source.path);
  }
  return [...out].sort();
}

/** Runs a program of the repository's own in the copy. What it says is thrown where it fails. */
function run(program: string, ...options: readonly string[]): void {
  const call = [join(root, "node_modules", program), ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, call, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${options.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

function tellResults(path: string): void {
  // Vitest's own form.
  const { testResults } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly unknown[] }[];
  };
  const byFolder = new Map<string, { files: number; tests: number }>();
  for (const { name, assertionResults } of testResults) {
    const counts = byFolder.get(folderOf(relative(folder, name))) ?? { files: 0, tests: 0 };
    byFolder.set(folderOf(relative(folder, name)), {
      files: counts.files + 1,
      tests: counts.tests + assertionResults.length,
    });
  }
  for (const [name, { files: fileCount, tests }] of [...byFolder].sort())
    console.log(`  ${name}: ${tests} tests in ${fileCount} files`);
  const wanted = ["src/core", "src/flow", "src/engine", "src/owner", "src/log", "test/door"];
  const missing = wanted.filter((name) => !byFolder.has(name));
  if (missing.length > 0) throw new Error(`no test ran in ${missing.join(", ")}`);
  say("every test passed without the command line");
}

function folderOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function describeByFolder(paths: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(folderOf(path), (counts.get(folderOf(path)) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} (${count})`).join(", ");
}
