import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseExposition } from "../../src/owner/parse-exposition.fixture.ts";
import { applyOnce, documentOf } from "./archive.fixture.ts";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setWorkers,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

describe("backups", () => {
  it("are taken, and drilled, from the command line; a folder that holds one is not overwritten", async () => {
    await applyOnce(site, "debug");

    const [taken, drilled, again, none] = [
      await site.run("store", "backup", "copy", "--json"),
      await site.run("store", "drill", "copy", "--json"),
      await site.run("store", "backup", "copy", "--json"),
      await site.run("store", "drill", "nowhere", "--json"),
    ];

    expect(documentOf(drilled)["head"]).toEqual(documentOf(taken)["head"]);
    expect([taken.exitCode, drilled.exitCode, refusedWith(again), refusedWith(none)]).toEqual([
      0,
      0,
      ["E_BACKUP_EXISTS"],
      ["E_INPUT_MISSING"],
    ]);
  });
});

describe("metrics", () => {
  it("are read by Prometheus whether or not a process owns the store, and by scripts", async () => {
    await planAndApprove(
      site,
      wireProposal([askStep("ask"), setWorkers("more", 8, { after: ["ask"], when: "ask == 'approved'" })]),
    );
    const alone = parseExposition((await site.run("metrics")).out);
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    const [owned, json] = [await site.start("metrics").ended, await site.start("metrics", "--json").ended];
    await site.run("stop");
    await applying;

    expect([alone.get("interlock_owner_up")?.samples.get(""), alone.has("interlock_engine_runs")]).toEqual([0, false]);
    const metrics = parseExposition(owned.out);
    expect([
      owned.exitCode,
      metrics.get("interlock_owner_up")?.samples.get(""),
      metrics.get("interlock_engine_runs")?.samples.get(""),
      metrics.get("interlock_runs_unfinished")?.samples.get('{state="running"}'),
    ]).toEqual([0, 1, 1, 1]);
    expect(metrics.get("interlock_engine_commands")?.samples.get("")).toBeGreaterThan(0);
    expect((documentOf(json)["metrics"] as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual([
      ...metrics.keys(),
    ]);
    const documented = readFileSync(fileURLToPath(new URL("../../docs/store.md", import.meta.url)), "utf8");
    expect([...metrics.keys()].filter((name) => !documented.includes(`| \`${name}`))).toEqual([]);
  });
});
