// What a page names exists: files, places in pages, commands with their options, codes, scripts and invariants.
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { codes, retiredCodes } from "../src/core/value/codes.ts";
import { commandLines, unknownWords } from "./support/command-names.ts";
import { documentPaths } from "./support/documents.ts";
import { isTest, root, sourcesBelow } from "./support/sources.ts";

/** The changelog is left out, because it names things that are gone. */
const pages = documentPaths
  .filter((path) => path !== "CHANGELOG.md")
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** Every file of the repository, without installed and built ones. */
const files = globSync("**/*", {
  cwd: root,
  exclude: (path) => /^(?:node_modules|dist|\.git|\.lab|coverage)$/.test(basename(path)),
});
const fileNames = new Set(files.map((path) => basename(path)));

/** The text of everything that runs. */
const sourceText = ["src", "verifier", "lab"]
  .flatMap((folder) => sourcesBelow(folder))
  .filter((source) => !isTest(source.path))
  .map((source) => source.text)
  .join("\n");

/** The code between single backticks outside of fences, with its line number. */
function inlineCode(text: string): readonly { readonly line: number; readonly code: string }[] {
  let isFenced = false;
  return text.split("\n").flatMap((line, index) => {
    if (line.trimStart().startsWith("```")) isFenced = !isFenced;
    return isFenced ? [] : [...line.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => ({ line: index + 1, code }));
  });
}

/** Lines of fenced and indented code, with their numbers; a line that ends in a backslash includes the next one. */
function codeLines(text: string): readonly { readonly line: number; readonly code: string }[] {
  let isFenced = false;
  return text.split("\n").flatMap((line, index, lines) => {
    if (line.trimStart().startsWith("```")) {
      isFenced = !isFenced;
      return [];
    }
    const code = line.endsWith("\\") ? `${line.slice(0, -1)} ${lines[index + 1] ?? ""}` : line;
    return isFenced || line.startsWith("    ") ? [{ line: index + 1, code }] : [];
  });
}

/** The anchor that a heading gets on the pages of the usual hosts. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsOf(path: string): readonly string[] {
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

/** Whether a piece of inline code looks like a path in this repository, or like the name of one of its sources. */
function isPath(code: string): boolean {
  const folders = "src|docs|test|lab|packs|bench|bin|verifier|schemas|examples|simulation|packaging";
  const isBelow = new RegExp(`^(?:\\.\\.?/)*(?:${folders})/[\\w./*<>-]*$`).test(code);
  return isBelow || /^[\w-]+(?:\/[\w-]+)*(?:\.\w+)*\.(?:ts|md)$/.test(code);
}

function pathExists(code: string, page: string): boolean {
  if (code.includes("<")) return true;
  if (code.includes("*")) return globSync(code, { cwd: root }).length > 0;
  if (!code.includes("/") && fileNames.has(code)) return true;
  return (
    existsSync(join(root, code)) ||
    existsSync(join(root, dirname(page), code)) ||
    files.some((path) => path.endsWith(`/${code}`))
  );
}

describe.each(pages)("$path", ({ path, text }) => {
  it("names only files that exist", () => {
    const missing = inlineCode(text)
      .filter(({ code }) => isPath(code) && !pathExists(code, path))
      .map(({ line, code }) => `${path}:${line} ${code}`);

    expect(missing).toEqual([]);
  });

  it("leads to places in pages that are there", () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)];
    const missing = links.filter(([, target = "", anchor = ""]) => {
      const page = target === "" ? join(root, path) : join(root, dirname(path), target);
      return !existsSync(page) || !anchorsOf(page).includes(anchor);
    });

    expect(missing.map(([link]) => link)).toEqual([]);
  });

  it("shows only commands and options that the program has", () => {
    const wrong = [...inlineCode(text), ...codeLines(text)].flatMap(({ line, code }) =>
      commandLines(code).flatMap((words) =>
        unknownWords(words).map((word) => `${path}:${line} interlock ${words.join(" ")}: ${word}`),
      ),
    );

    expect(wrong).toEqual([]);
  });

  it("names only codes that are given, or that are listed as retired", () => {
    const known = new Set<string>([...Object.keys(codes), ...retiredCodes]);
    const named = text.match(/\bE_[A-Z_]+\b(?!\*)/g) ?? [];

    // The lab has codes of its own: docs/lab.md lists them.
    expect(named.filter((code) => !known.has(code) && !code.startsWith("E_LAB_"))).toEqual([]);
  });

  it("names only scripts that package.json has", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script = ""]) => script);

    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it("names only variables and formats that a source reads or writes", () => {
    const named = text.match(/\bINTERLOCK_[A-Z_]+\b|\binterlock(?:-lab)?\.[a-z-]+\/\d+(?!\d)/g) ?? [];

    expect(named.filter((name) => !sourceText.includes(name))).toEqual([]);
  });

  it("rests only on invariants that docs/invariants.md lists", () => {
    const listed = readFileSync(join(root, "docs/invariants.md"), "utf8").match(/^\| I\d+(?= \|)/gm) ?? [];
    const known = new Set([...listed.map((cell) => cell.slice(2)), "I25"]);

    expect((text.match(/\bI\d+\b/g) ?? []).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("the tree in ARCHITECTURE.md", () => {
  const tree = codeLines(readFileSync(join(root, "ARCHITECTURE.md"), "utf8")).map(({ code }) => code);
  const from = tree.indexOf("src/");
  const entries = tree.slice(from + 1).flatMap((line) => /^ {2}([\w.-]+(?:\/[\w-]+)?)\/? {2,}/.exec(line)?.[1] ?? []);

  it("has every folder and file of src/, and no other", () => {
    const present = readdirSync(join(root, "src")).filter((name) => !name.endsWith(".test.ts"));

    expect([...new Set(entries.map((entry) => entry.split("/")[0]))].toSorted()).toEqual(present.toSorted());
    expect(entries.filter((entry) => !existsSync(join(root, "src", entry)))).toEqual([]);
  });
});

describe("the check of names", () => {
  it("finds a command, an option and a file that do not exist", () => {
    expect(unknownWords(["aply", "last"])).toEqual(["aply"]);
    expect(unknownWords(["apply", "last", "--fast"])).toEqual(["--fast"]);
    expect(commandLines("cd mine && npx interlock trust --dry && ls")).toEqual([["trust", "--dry"]]);
    expect(isPath("src/nowhere.ts") && !pathExists("src/nowhere.ts", "README.md")).toBe(true);
  });
});
