import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { applyRun, createRun } from "../../../src/core/run/apply/apply.ts";
import { isEnded } from "../../../src/core/run/words/state.ts";
import { openOwned, scratchFolder, valueOf, verifyFolder } from "../../../src/log/sqlite/store.fixture.ts";
import { storedEvents } from "../../../src/log/stored-events.ts";
import { foldPrefixes, type Journal } from "./journal.ts";
import { scenarios } from "./scenarios.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const releases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const journals = releases.flatMap((release) =>
  readdirSync(`${folder}${release}`).map(
    (file) =>
      [`${release}/${file}`, JSON.parse(readFileSync(`${folder}${release}/${file}`, "utf8")) as Journal] as const,
  ),
);

describe("the stored journals", () => {
  it("tell every scenario of the newest release", () => {
    const names = journals
      .filter(([name]) => name.startsWith(`${releases.at(-1) ?? ""}/`))
      .map(([name]) => name.split("/")[1]);

    expect(names).toEqual(expect.arrayContaining(scenarios.map(({ name }) => `${name}.json`)));
  });

  it.each(journals)("%s folds to the same state after every record (I7)", (_, journal) => {
    expect(foldPrefixes(journal)).toEqual(journal.states);
  });

  it.each(journals)("%s comes to an end that absorbs", (_, { plan, planHash, runId, records }) => {
    const run = records.reduce(
      (state, { event, atMs }) => (event.runId === null ? state : applyRun(state, event, atMs)),
      createRun(plan, planHash, runId),
    );

    expect(isEnded(run)).toBe(true);
  });

  it.each(journals)("%s comes out of a store as it went in", async (_, { records, runId }) => {
    const path = scratchFolder();
    const store = openOwned(path);
    for (const { event, atMs } of records)
      valueOf(
        await store.append({
          durability: "ordered",
          documents: [],
          records: [{ stream: event.runId ?? "site", atMs, kind: event.kind, body: event as never }],
        }),
      );

    expect([...storedEvents(store, runId)].map(({ event }) => event)).toEqual(
      records.map(({ event }) => event).filter((event) => event.runId === runId),
    );
    await store.close();
    expect(verifyFolder(path)).toBeNull();
  });
});
