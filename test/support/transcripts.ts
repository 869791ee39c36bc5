import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root } from "./sources.ts";

/** A fenced block of a document, with the words after its backticks. */
export interface Fence {
  readonly file: string;
  readonly line: number;
  readonly info: string;
  readonly text: string;
}

/** Every fenced block of a Markdown file. */
export function fencesOf(file: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | null = null;
  readFileSync(join(root, file), "utf8")
    .split("\n")
    .forEach((text, index) => {
      if (!text.startsWith("```")) {
        open?.lines.push(text);
      } else if (open === null) {
        open = { line: index + 1, info: text.slice(3).trim(), lines: [] };
      } else {
        fences.push({ file, line: open.line, info: open.info, text: open.lines.join("\n") });
        open = null;
      }
    });
  return fences;
}

/** One command of a transcript, and what the document says it prints. `…` stands for anything. */
export interface TranscriptStep {
  readonly command: string;
  readonly expected: readonly string[];
}

/** Reads a transcript: a line that begins with `$ ` is typed, and the lines after it are printed. */
export function parseTranscript(text: string): readonly TranscriptStep[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
    else steps.at(-1)?.expected.push(line);
  }
  return steps.map(({ command, expected }) => ({ command, expected: expected.filter((line) => line.trim() !== "") }));
}

/** Where a command is found: on the PATH, and where npx finds it in a project. */
const commandFolders = [".commands", "node_modules/.bin"] as const;

/** An empty folder in which `interlock` and `npx interlock` run this checkout. */
export function scratchFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "interlock-docs-"));
  symlinkSync(join(root, "packs"), join(path, "packs"));
  symlinkSync(join(root, "examples"), join(path, "examples"));
  symlinkSync(join(root, "lab"), join(path, "lab"));
  for (const folder of commandFolders) {
    mkdirSync(join(path, folder), { recursive: true });
    symlinkSync(join(root, "bin/interlock.js"), join(path, folder, "interlock"));
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Types one command in a shell, as a reader would. Returns the output of both streams in the order printed. */
export function typeCommand(
  command: string,
  folder: string,
): { readonly status: number; readonly lines: readonly string[] } {
  const [onPath = "", inProject = ""] = commandFolders.map((name) => join(folder, name));
  const shell = `npx() { shift; ${JSON.stringify(join(inProject, "interlock"))} "$@"; }; ${command}`;
  const environment = {
    ...process.env,
    NO_COLOR: "1",
    INTERLOCK_NO_INPUT: "1",
    XDG_CONFIG_HOME: join(folder, ".config"),
    PATH: [onPath, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
  };
  const { status, stdout } = spawnSync("bash", ["-c", `{ ${shell}\n} 2>&1`], {
    cwd: folder,
    env: environment,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status: status ?? 1, lines: stdout.split("\n").filter((line) => line.trim() !== "") };
}

/** Whether the printed lines are what the document says. `…` stands for anything in a line, or for any lines. */
export function matchesTranscript(expected: readonly string[], printed: readonly string[]): boolean {
  const pattern = expected
    .map((line) =>
      line.trim() === "…" ? "(?:.*\n)*?" : `${line.trimEnd().split("…").map(escapePattern).join(".*")}\\s*\n`,
    )
    .join("");
  return new RegExp(`^${pattern}$`).test(printed.map((line) => `${line}\n`).join(""));
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
