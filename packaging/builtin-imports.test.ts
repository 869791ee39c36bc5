import { describe, expect, it } from "vitest";
import { readBuiltins } from "./builtin-imports.ts";

describe("imports of Node's own modules", () => {
  it("become reads of the module, with the same names", () => {
    expect(readBuiltins('import { join, sep as separator } from "node:path";')).toBe(
      'const { join, sep: separator } = globalThis.process.getBuiltinModule("node:path");',
    );
    expect(readBuiltins('import childProcess from "node:child_process";')).toBe(
      'const childProcess = globalThis.process.getBuiltinModule("node:child_process");',
    );
    expect(readBuiltins('import fs, { existsSync } from "node:fs";')).toBe(
      [
        'const fs = globalThis.process.getBuiltinModule("node:fs");',
        'const { existsSync } = globalThis.process.getBuiltinModule("node:fs");',
      ].join(" "),
    );
  });

  it("stay where they lead elsewhere, and where they only stand in a text", () => {
    const others = ['import { a } from "./a.js";', 'import "node:fs";', '  say(`import { a } from "node:fs";`);'];

    expect(others.map(readBuiltins)).toEqual(others);
  });
});
