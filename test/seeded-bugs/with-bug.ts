import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { root } from "../support/sources.ts";
import { editSource } from "./edit-source.ts";
import { lineBugs } from "./line-bugs.ts";

// A configuration of the test runner that puts one bug into the product. `SEEDED_BUG` is the name of the bug.

const bug = lineBugs.find(({ name }) => name === process.env["SEEDED_BUG"]);
if (bug === undefined) throw new Error("`SEEDED_BUG` names a bug of line-bugs.ts");

// The cache of transformed files is off, because it does not know about the bugs.
export default defineConfig({
  root,
  test: { include: [bug.test], pool: "forks", fsModuleCache: false, testTimeout: 30_000 },
  plugins: [
    {
      name: "seeded-bug",
      enforce: "pre",
      transform: (code: string, id: string) =>
        bug.edits.filter(({ file }) => id === join(root, file)).reduce(editSource, code),
    },
  ],
});
