// A third party's journal, in a file of JSON lines, is held to the contract of the port, and carries a site.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Journal } from "../../src/interlock.ts";
import { journalContract } from "../../src/log/journal-contract.ts";
import { jsonLinesJournal } from "./json-lines-journal.fixture.ts";

describe("a journal in a file of JSON lines", () => {
  it("is the one that docs/library.md shows", () => {
    const [ours, page] = ["json-lines-journal.fixture.ts", "../../docs/library.md"].map((path) =>
      readFileSync(new URL(path, import.meta.url), "utf8"),
    );

    expect(page).toContain(ours?.replaceAll('"../../src/interlock.ts"', '"@interlock-run/interlock"'));
  });

  const create = async () => {
    const folder = mkdtempSync(join(tmpdir(), "json-lines-"));
    const handles: Journal[] = [];
    return {
      handle() {
        const journal = jsonLinesJournal(join(folder, "journal.jsonl"));
        handles.push(journal);
        return journal;
      },
      loseHold: null,
      failNext: null,
      losePower: null,
      async close() {
        for (const journal of handles) await journal.close();
        rmSync(folder, { recursive: true });
      },
    };
  };
  for (const { claim, check } of journalContract({ create })) it(claim, check);
});
