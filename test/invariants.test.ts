import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kernelBugs } from "./seeded-bugs/kernel-bugs.ts";
import { importsOf, root, sourcesBelow } from "./support/sources.ts";

/**
 * A line of docs/invariants.md: what keeps the invariant and what would notice a violation, each as a file and words in
 * that file.
 */
interface Row {
  readonly name: string;
  readonly isKernel: boolean;
  readonly code: readonly Quotation[];
  readonly tests: readonly Quotation[];
}
interface Quotation {
  readonly path: string;
  readonly words: string;
}

function readRows(): readonly Row[] {
  const [, kernel = "", beside = ""] = readFileSync(join(root, "docs/invariants.md"), "utf8").split("\n## ");
  const rowsOf = (text: string, isKernel: boolean): readonly Row[] =>
    text
      .split("\n")
      .filter((line) => /^\| I\d+ \|/.test(line))
      .map((line) => {
        const [, name = "", , code = "", tests = ""] = line.split("|").map((cell) => cell.trim());
        return { name, isKernel, code: quotationsOf(code), tests: quotationsOf(tests) };
      });
  return [...rowsOf(kernel, true), ...rowsOf(beside, false)];
}

function quotationsOf(cell: string): readonly Quotation[] {
  return [...cell.matchAll(/`([^`]+)` “([^”]+)”/g)].map(([, path = "", words = ""]) => ({ path, words }));
}

/** The text of a file with its comments joined into one line, because a sentence may continue on the next line. */
function wordsOf(path: string): string {
  return readFileSync(join(root, path), "utf8").replaceAll(/\n\s*(?:\*|\/\/)? ?/g, " ");
}

const rows = readRows();

describe("docs/invariants.md", () => {
  it("has a line for every invariant from I1 to I24, for I26 and for I27, once, and says that I25 is open", () => {
    expect(rows.map(({ name }) => name).sort((left, right) => Number(left.slice(1)) - Number(right.slice(1)))).toEqual([
      ...Array.from({ length: 24 }, (_, index) => `I${index + 1}`),
      "I26",
      "I27",
    ]);
    expect(readFileSync(join(root, "docs/invariants.md"), "utf8")).toContain("Not yet: I25");
  });

  it("names for each of them what holds it and what would notice, in words that stand there", () => {
    const wrong = rows.flatMap(({ name, code, tests }) => {
      const missing = [...code, ...tests].filter(
        ({ path, words }) => !existsSync(join(root, path)) || !wordsOf(path).includes(words),
      );
      return [
        ...missing.map(({ path, words }) => `${name}: ${path} does not say “${words}”`),
        ...(code.length === 0 || tests.length === 0 ? [`${name}: nothing holds it, or nothing would notice`] : []),
      ];
    });

    expect(wrong).toEqual([]);
  });

  it("leads to code and to tests that call each invariant of the kernel and its engine by its name", () => {
    const named = (list: readonly Quotation[], name: string): boolean =>
      list.some(({ path }) => new RegExp(`\\b${name}\\b`).test(readFileSync(join(root, path), "utf8")));
    const nameless = rows
      .filter(({ isKernel, name, code, tests }) => isKernel && !(named(code, name) && named(tests, name)))
      .map(({ name }) => name);

    expect(nameless).toEqual([]);
  });

  it("leaves out none that the kernel, the engine or a seeded bug names", () => {
    const known = new Set(rows.map(({ name }) => name));
    const used = [...sourcesBelow("src/core/run"), ...sourcesBelow("src/engine")].flatMap(({ path, text }) =>
      [...text.matchAll(/\b(I\d+)\b/g)].map(([, name = ""]) => `${name} in ${path}`),
    );

    expect(used.filter((use) => !known.has(use.split(" ")[0] ?? ""))).toEqual([]);
    expect(kernelBugs.filter(({ breaks }) => !known.has(breaks)).map(({ name }) => name)).toEqual([]);
  });
});

it("what runs a plan reaches no model, however deep its imports go (I23)", () => {
  const sources = new Map(sourcesBelow("src").map((source) => [source.path, importsOf(source)]));
  const reached = new Set<string>();
  const left = ["src/engine/engine.ts", "src/flow/apply/prepare-start.ts", "src/flow/apply/rollback-run.ts"];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    left.push(...(sources.get(path) ?? []));
  }

  expect(reached.size).toBeGreaterThan(100);
  expect(
    [...reached].filter(
      (path) =>
        path.startsWith("src/models/") ||
        path.startsWith("src/propose/") ||
        path.startsWith("src/investigate/") ||
        path === "ai" ||
        path.startsWith("@ai-sdk/"),
    ),
  ).toEqual([]);
});
