import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./sources.ts";
import { type Fence, fencesOf } from "./transcripts.ts";

/** A program of a page, in a fence `ts run`, and the output that the fence `text printed` after it shows. */
export interface Program {
  readonly line: number;
  readonly text: string;
  readonly printed: string | null;
}

/** The programs of a page, and the files that they need: fences with `file=PATH` after their language. */
export interface Snippets {
  readonly file: string;
  readonly programs: readonly Program[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** TypeScript that imports the package and is only shown. It is compiled but not run. */
  readonly unrun: readonly Fence[];
}

/** Reads the programs of a Markdown file. */
export function snippetsOf(file: string): Snippets {
  const fences = fencesOf(file);
  return {
    file,
    programs: fences.flatMap(({ info, line, text }, index) => {
      if (info !== "ts run") return [];
      const next = fences[index + 1];
      return [{ line, text, printed: next?.info === "text printed" ? next.text : null }];
    }),
    files: fences.flatMap(({ info, text }) => {
      const path = /^\w+ file=(\S+)$/.exec(info)?.[1];
      return path === undefined ? [] : [{ path, text }];
    }),
    unrun: fences.filter(({ info, text }) => info === "ts" && text.includes('"@interlock-run/interlock"')),
  };
}

/** A folder outside of the repository with the files of a page. */
export interface SnippetFolder {
  readonly path: string;
  remove(): void;
}

/** Writes the files of a page into a folder of their own, where this checkout stands in for the installed package. */
export function snippetFolder(page: Snippets): SnippetFolder {
  const path = mkdtempSync(join(tmpdir(), "interlock-snippets-"));
  writeSnippets(page, path, withPaths);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes the files of a page, as a reader would, and a configuration for the compiler. */
export function writeSnippets(
  { programs, files, unrun }: Snippets,
  path: string,
  rewrite: (text: string) => string = (text) => text,
): void {
  const all = [...files, ...[...programs, ...unrun].map(({ line, text }) => ({ path: nameOf(line), text }))];
  for (const file of all) {
    mkdirSync(dirname(join(path, file.path)), { recursive: true });
    writeFileSync(join(path, file.path), rewrite(file.text));
  }
  writeFileSync(join(path, "package.json"), JSON.stringify({ type: "module" }));
  const typeRoots = [join(root, "node_modules/@types")];
  const options = { typeRoots, noUnusedLocals: false, skipLibCheck: rewrite === withPaths };
  const configuration = { extends: join(root, "tsconfig.json"), compilerOptions: options, include: ["*.ts"] };
  writeFileSync(join(path, "tsconfig.json"), JSON.stringify(configuration));
}

/** Runs one of the folder's programs with this process's Node. */
export function runProgram(
  folder: Pick<SnippetFolder, "path">,
  { line }: Program,
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [nameOf(line)], { cwd: folder.path, encoding: "utf8", timeout: 30_000 });
}

/** What the compiler says against the programs in the folder; empty if it says nothing. */
export function checkTypes(folder: Pick<SnippetFolder, "path">): string {
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  return spawnSync(process.execPath, [tsc, "-p", folder.path], { encoding: "utf8" }).stdout;
}

function nameOf(line: number): string {
  return `line-${line}.ts`;
}

/**
 * Replaces the package, which a reader has installed, with this checkout, and so for what a page takes from a clone.
 */
function withPaths(text: string): string {
  return text
    .replaceAll('"@interlock-run/interlock"', JSON.stringify(join(root, "src/interlock.ts")))
    .replaceAll('"./src/', `"${join(root, "src")}/`);
}
