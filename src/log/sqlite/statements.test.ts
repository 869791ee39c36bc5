import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { sql } from "./statements.ts";
import { openOwned, scratchFolder } from "./store.fixture.ts";
import { storePaths } from "./store-paths.ts";

it("no statement but the verifier's count reads a whole table", () => {
  const folder = scratchFolder();
  openOwned(folder);
  const db = new DatabaseSync(storePaths(folder).database, { readOnly: true });

  const scans = Object.entries(sql)
    .filter(([, text]) => /^(?:SELECT|UPDATE|DELETE)/.test(text))
    .flatMap(([name, text]) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map(({ detail }) => `${name}: ${String(detail)}`)
        .filter((detail) => /: SCAN /.test(detail)),
    );
  db.close();

  // `tail` is what is left of the last records, grouped: a list of at most some thousand.
  expect(scans).toEqual([
    "lostFromIndex: SCAN tail",
    expect.stringMatching(/^runCount: SCAN runs USING COVERING INDEX /),
  ]);
});
