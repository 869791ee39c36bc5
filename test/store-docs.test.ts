// What docs/store.md says of this release beyond the names that `docs-names.test.ts` checks on every page.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codes } from "../src/core/value/codes.ts";
import { schemaVersion } from "../src/log/sqlite/schema.ts";
import { storePaths } from "../src/log/sqlite/store-paths.ts";
import { root } from "./support/sources.ts";

const text = readFileSync(join(root, "docs/store.md"), "utf8");

describe("docs/store.md", () => {
  it("gives codes the exit codes that they have", () => {
    const named = [...text.matchAll(/`(E_[A-Z_]+)` \((?:exit )?(\d+)\)/g)];

    const wrong = named.filter(([, code, exitCode]) => {
      const entry = Object.entries(codes).find(([name]) => name === code)?.[1];
      return entry?.exitCode !== Number(exitCode);
    });

    expect(named.length).toBeGreaterThan(2);
    expect(wrong.map(([found]) => found)).toEqual([]);
  });

  it("names the version that this release writes, and every file of a store", () => {
    const files = Object.values(storePaths("")).filter((path) => !text.includes(`\`${path}\``));

    expect(text).toContain(`This release writes version ${schemaVersion}.`);
    expect(files).toEqual([]);
  });
});
