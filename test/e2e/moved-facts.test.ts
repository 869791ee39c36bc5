// A fact outside the fingerprint that changed between approval and write: it is told wherever the run is told.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps);
  site.edit("pack/domain.yaml", "fingerprint: [/body/id, /body/level]", "fingerprint: [/body/id]");
  await site.run("trust");
  site.write("proposal.json", wireProposal([setLamp("first", "l1", 3)], { goal: "lamp.l1.level == 3" }));
  await site.run("plan", "proposal.json");
  await site.run("approve", "last", "--target", "lamp.set lamp/l1");
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

it("is told by a dry run, live, in the result, in `runs` and in `explain`, and stops nothing", async () => {
  lamps.levels = { l1: 7, l2: 0 };

  const dry = await site.run("apply", "--dry-run");
  const { exitCode, out, err } = await site.run("apply");

  expect([dry.exitCode, dry.out]).toEqual([
    0,
    expect.stringContaining("! lamp.l1.level is 7 and not 0 as planned: lamp.set lamp/l1 would overwrite it\n"),
  ]);
  expect([exitCode, lamps.levels["l1"]]).toEqual([0, 3]);
  const said = "lamp.l1.level was 7 and not 0 as planned";
  expect(err).toMatch(new RegExp(`! ${said}; the write overwrites it\n.*▶ lamp\\.set on lamp/l1`));
  const end = "and the goal holds, over values that the plan was not made on: `lamp.l1.level` = 7";
  expect(out).toContain(end);
  expect(out).toContain(`\nlamp.set on lamp/l1 (first): ${said}\n`);
  expect((await site.run("runs")).out).toContain(end);
  const [listed] = JSON.parse((await site.run("runs", "--json")).out).runs;
  expect(listed.overwrote).toEqual([{ stepId: "first", name: "lamp.l1.level", was: 0, found: 7, since: "planned" }]);
  expect((await site.run("explain")).out).toContain(`! ${said}; the write overwrites it\n`);
});

it("is not told of a fact that is as planned", async () => {
  const { out, err } = await site.run("apply");

  expect(`${out}${err}`).not.toMatch(/as planned|not made on/);
});
