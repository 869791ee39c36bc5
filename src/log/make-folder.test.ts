import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "./make-folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "interlock-folder-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("makeFolder", () => {
  it("makes a folder and those above it, for this user alone, and may be repeated", () => {
    makeFolder(join(root, "a/b/c"));
    makeFolder(join(root, "a/b/c"));

    expect(statSync(join(root, "a/b/c")).mode & 0o777).toBe(0o700);
  });

  it("throws where no folder can be, and returns in any case", () => {
    writeFileSync(join(root, "file"), "");

    for (const folder of [join(root, "file"), join(root, "file/below"), "/proc/interlock", "/dev/null/below"])
      expect(() => makeFolder(folder), folder).toThrow();
  });
});
