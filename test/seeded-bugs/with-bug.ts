import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { lineBugs } from "./line-bugs.ts";

// A configuration of the test runner under which one defect is in the product: `SEEDED_BUG` is its name.

const bug = lineBugs.find(({ name }) => name === process.env["SEEDED_BUG"]);
if (bug === undefined) throw new Error("`SEEDED_BUG` names a defect of line-bugs.ts");
const source = fileURLToPath(new URL("../../src/", import.meta.url));

// The cache of transformed files knows nothing of defects: it is off.
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: { include: [bug.test], pool: "forks", fsModuleCache: false, testTimeout: 30_000 },
  plugins: [
    {
      name: "seeded-bug",
      enforce: "pre",
      transform: (code: string, id: string) =>
        bug.edits
          .filter(({ file }) => id === source + file)
          .reduce((text, { find, replace }) => text.replace(find, () => replace), code),
    },
  ],
});
