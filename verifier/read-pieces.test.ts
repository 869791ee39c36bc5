import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readPieces } from "./read-pieces.ts";

function pathOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-pieces-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

async function textOf(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of readPieces(path, { writerPatienceMs: 50 })) pieces.push(piece);
  } catch (error) {
    return error instanceof Error ? error.message : "not an error";
  }
  return Buffer.concat(pieces).toString();
}

it("a file and a pipe are read to their ends", async () => {
  const [file, pipe] = [pathOf("export"), pathOf("pipe")];
  writeFileSync(file, "x".repeat(200_000));
  execFileSync("mkfifo", [pipe]);
  const writer = spawn("cp", [file, pipe]);

  // The writer waits until somebody reads, so this cannot begin too early by more than its own start.
  const [first, second] = await Promise.all([textOf(file), untilWritten(pipe)]);

  expect([first.length, second.length]).toEqual([200_000, 200_000]);
  expect(writer.exitCode ?? 0).toBe(0);
});

it("a pipe that nobody writes into, a folder and a device end in a word on what they are", async () => {
  const pipe = pathOf("pipe");
  execFileSync("mkfifo", [pipe]);

  expect([await textOf(pipe), await textOf(tmpdir()), await textOf("/dev/zero")]).toEqual([
    "it is a pipe, and nobody writes into it",
    "it is neither a file nor a pipe",
    "it is neither a file nor a pipe",
  ]);
});

/** On a busy machine the writer may start later than 50 ms. */
async function untilWritten(pipe: string): Promise<string> {
  const text = await textOf(pipe);
  return text.startsWith("it is a pipe") ? untilWritten(pipe) : text;
}
