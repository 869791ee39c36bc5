// What `interlock report-fault` writes can be sent to strangers.
import { readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, planAndApprove, setLevel, wireProposal } from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

async function applyOnce(): Promise<void> {
  const proposal = JSON.parse(wireProposal([setLevel("louder", "debug")])) as object;
  const planted = { ...proposal, summary: "PLANTED summary", assumptions: ["PLANTED"] };
  await planAndApprove(site, JSON.stringify(planted));
  await site.run("apply");
}

const fileOf = (name = "interlock-fault.json"): string => join(site.folder, name);

describe("a fault report", () => {
  it("holds versions, the plan's shape and the run's records, and none of their texts", async () => {
    await applyOnce();

    const { exitCode, err } = await site.run("report-fault", "last");
    const text = readFileSync(fileOf(), "utf8");
    const report = JSON.parse(text) as { readonly run: { readonly records: readonly { readonly event: object }[] } };

    expect(exitCode).toBe(0);
    expect(err).toContain("read it before you send it");
    expect(report).toMatchObject({ format: "interlock.fault-report/1", release: "0.1.0", codes: [] });
    const events = site.events().filter((event) => "runId" in event && event.runId !== null);
    expect(report.run.records.map(({ event }) => event)).toMatchObject(events.map(({ kind }) => ({ kind })));
    // None of the names of the site, the domain, the proposal and the target is left.
    for (const word of ["PLANTED", "louder", "config", "app.json", "log_level", "debug", "reviewer", site.folder])
      expect(text).not.toContain(word);
    expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
  });

  it("gives one text one number, so that a reader can follow it", async () => {
    await applyOnce();

    const { out } = await site.run("report-fault", "last", "--json");
    const numbers = [...out.matchAll(/"stepId":\s*"(text \d+ \(\d+\))"/g)].map(([, number]) => number);

    expect(numbers.length).toBeGreaterThan(2);
    expect(new Set(numbers).size).toBe(new Set(site.events().flatMap((e) => ("stepId" in e ? [e.stepId] : []))).size);
  });

  it("keeps an existing file, and says so", async () => {
    site.write("interlock-fault.json", "mine");

    const { exitCode, err } = await site.run("report-fault");

    expect([exitCode, readFileSync(fileOf(), "utf8")]).toEqual([64, "mine"]);
    expect(err).toContain("E_FILE_EXISTS");
  });

  it("is written of a store that is damaged, with the code of the damage", async () => {
    await applyOnce();
    truncateSync(join(site.folder, ".interlock/log.sqlite"), 5_000);

    const { exitCode, out } = await site.run("report-fault", "last", "--json");

    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ run: null, codes: ["E_STORE_CORRUPT"] });
  });

  it("names a run that is not there as the mistake it is", async () => {
    await applyOnce();

    expect(await site.run("report-fault", "run_nobody")).toMatchObject({ exitCode: 66 });
  });
});
