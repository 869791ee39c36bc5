// A caller of the door hears how far a look at the world is, and a listener that throws holds nothing up.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LookProgress } from "../../src/interlock.ts";
import { approvedPlan, beginSite, openSiteIn, proposalIn, value } from "./site.fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-looks-"));
  await beginSite(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("is told object by object, before a plan is compiled and before a run starts", async () => {
  const looks: LookProgress[] = [];
  const site = await openSiteIn(folder, { onLook: (look) => void looks.push(look) });
  const plan = await approvedPlan(site, folder);
  const planned = looks.splice(0);

  const run = await value(site.apply({ plan }));
  const started = looks.splice(0);
  const steps = await value(run.steps());
  await run.atRest();

  for (const [first, last] of [
    [planned[0], planned.at(-1)],
    [started[0], started.at(-1)],
  ]) {
    expect(first).toMatchObject({ count: 1, doneCount: 0, underWay: [{ object: "config/app" }] });
    expect(last).toEqual({ count: 1, doneCount: 1, underWay: [] });
  }
  expect(steps.map(({ name }) => name)).toContain("config.log_level on config/app (log_more)");
  expect(await value(run.view())).toMatchObject({ phase: "ended", outcome: "succeeded" });
  await site.close();
});

it("is looked to its end although the listener throws, which is reported as a defect", async () => {
  const defects: unknown[] = [];
  const broken = new Error("a broken listener");
  const site = await openSiteIn(folder, {
    onLook: () => {
      throw broken;
    },
    onDefect: (error) => void defects.push(error),
  });
  await value(site.trust());

  expect(await value(site.plan(proposalIn(folder)))).toMatchObject({ kind: "planned" });
  expect(defects).toContain(broken);
  await site.close();
});
