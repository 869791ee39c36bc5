import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { writeOutput } from "./write-output.ts";

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-output-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it("a file is replaced as a whole, or goes on at its end", () => {
  const cwd = folderOf();
  writeFileSync(join(cwd, "out"), "a longer text than the new one");

  expect(writeOutput({ cwd }, "out", "new\n").ok).toBe(true);
  expect(writeOutput({ cwd }, "out", "more\n", "append").ok).toBe(true);

  expect(readFileSync(join(cwd, "out"), "utf8")).toBe("new\nmore\n");
});

it.each(["replace", "append"] as const)("a pipe without a reader is refused at once (%s)", (mode) => {
  const cwd = folderOf();
  execFileSync("mkfifo", [join(cwd, "pipe")]);

  expect(writeOutput({ cwd }, "pipe", "text", mode)).toMatchObject({
    ok: false,
    error: { code: "E_INPUT_MISSING", message: expect.stringContaining("is not a regular file") },
  });
});

it("a folder, a device and a path that leads nowhere are refused, each with its name", () => {
  const cwd = folderOf();
  mkdirSync(join(cwd, "folder"));

  const said = ["folder", "/dev/full", "nowhere/out"].map((path) => writeOutput({ cwd }, path, "text"));

  expect(said.map((written) => (written.ok ? "written" : written.error.message))).toEqual([
    "`folder` cannot be written (EISDIR)",
    "`/dev/full` is not a regular file, so nothing was written",
    "`nowhere/out` cannot be written (ENOENT)",
  ]);
});
