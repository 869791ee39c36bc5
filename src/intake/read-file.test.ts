import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  constants,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";

import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAnything, readHandle, readLines, readRegular, readRegularSlowly } from "./read-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-intake-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytesMax = 1_000;
const at = (name: string): string => join(folder, name);

function pipe(name: string): string {
  execFileSync("mkfifo", [at(name)]);
  return at(name);
}

/** The kind of an error, or the text that was read. */
const told = (read: Awaited<ReturnType<typeof readAnything>>) =>
  read.ok ? read.value.toString() : read.error.kind === "system" ? read.error.fault.code : read.error.kind;

const readers = {
  regular: async (path: string) => told(readRegular(path, { bytesMax })),
  slowly: async (path: string) => told(await readRegularSlowly(path, { bytesMax })),
  anything: async (path: string) => told(await readAnything(path, { bytesMax })),
};

describe.each(Object.entries(readers))("every reader, here `%s`,", (name, read) => {
  it("gives a file of at most the bound, and refuses a longer one, whatever size it claims", async () => {
    writeFileSync(at("full"), "x".repeat(bytesMax));
    writeFileSync(at("over"), "x".repeat(bytesMax + 1));
    writeFileSync(at("huge"), "");
    truncateSync(at("huge"), 2 ** 40);

    expect((await read(at("full"))).length).toBe(bytesMax);
    expect([await read(at("over")), await read(at("huge"))]).toEqual(["too_large", "too_large"]);
    // It says that it is empty.
    expect(await read("/proc/self/cmdline")).toContain("node");
  });

  it("says what cannot be read, and why", async () => {
    expect([await read(at("none")), await read(folder)]).toEqual(["ENOENT", "EISDIR"]);
  });

  it("never waits for a device without an end", async () => {
    expect(await read("/dev/zero")).toBe(name === "anything" ? "too_large" : "not_regular");
    expect(await read("/dev/null")).toBe(name === "anything" ? "" : "not_regular");
  });
});

describe("a reader of regular files", () => {
  it.each([readers.regular, readers.slowly])("refuses a pipe at once, with and without a writer", async (read) => {
    const path = pipe(`closed-${Math.random()}`);
    expect(await read(path)).toBe("not_regular");

    openSync(path, constants.O_RDWR);
    expect(await read(path)).toBe("not_regular");
  });

  it("refuses a link where links are refused", () => {
    writeFileSync(at("target"), "x");
    symlinkSync(at("target"), at("link"));

    expect(told(readRegular(at("link"), { bytesMax, links: "refused" }))).toBe("link");
    expect(told(readRegular(at("link"), { bytesMax }))).toBe("x");
  });

  it("refuses a file that grows beyond the bound while it is read", async () => {
    writeFileSync(at("growing"), "x");
    const handle = await open(at("growing"));
    const stat = handle.stat.bind(handle);
    handle.stat = (async (...given: Parameters<typeof stat>) => {
      const found = await stat(...given);
      appendFileSync(at("growing"), "x".repeat(bytesMax));
      return found;
    }) as typeof handle.stat;
    try {
      expect(told(await readHandle(handle, { bytesMax }))).toBe("too_large");
    } finally {
      await handle.close();
    }
  });
});

describe("a reader of anything", () => {
  it("gives what is written into a pipe, also by a writer that comes late or writes slowly", async () => {
    const path = pipe("late");

    const reading = readers.anything(path);
    const writer = spawn("sh", ["-c", `(sleep 0.05; printf a; sleep 0.05; printf b) > '${path}'`]);

    expect(await reading).toBe("ab");
    writer.kill();
  });

  it("ends at the bound where a pipe never does", async () => {
    const path = pipe("endless");
    const writer = spawn("sh", ["-c", `yes > '${path}'`]);
    try {
      expect(await readers.anything(path)).toBe("too_large");
    } finally {
      writer.kill();
    }
  });

  it("stops waiting for a pipe when nobody waits for the answer", async () => {
    const path = pipe("interrupted");
    openSync(path, constants.O_RDWR | constants.O_NONBLOCK);

    const read = await readAnything(path, { bytesMax, signal: AbortSignal.timeout(20) });

    expect(told(read)).toBe("interrupted");
  });
});

describe("a reader of lines", () => {
  const linesOf = async (text: string, lineBytesMax = 200) => {
    writeFileSync(at("lines"), text);
    const read = await readLines(at("lines"), { bytesMax: 1_000_000, lineBytesMax });
    return read.ok ? read.value : read.error.kind;
  };

  it.each([
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\n\nb\r\nc", ["a", "", "b", "c"]],
    ["ä\nö", ["ä", "ö"]],
  ])("splits %j", async (text, lines) => {
    expect(await linesOf(text)).toEqual(lines);
  });

  it("keeps only the beginning of a line that is too long, and those after it whole", async () => {
    const long = "x".repeat(100_000);

    expect(await linesOf(`a\n${long}\nb`)).toEqual(["a", `${"x".repeat(100)}…`, "b"]);
  });

  it("joins lines over the edges of chunks", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);

    expect(await linesOf(lines.join("\n"))).toEqual(lines);
  });

  it("refuses a line without an end at the bound of all", async () => {
    expect(await readLines("/dev/zero", { bytesMax, lineBytesMax: 10 })).toMatchObject({
      error: { kind: "too_large" },
    });
  });
});
