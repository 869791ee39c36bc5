// A plan walked without being carried out: what each step would find, and that nothing is sent but reads.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { DryRun } from "../../src/interlock.ts";
import { type E2eSite, waitStep, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps, { onFailure: "rollback\n    pre: self.level < 5" });
  const steps = [
    setLamp("first", "l1", 3),
    waitStep("pause", 1, { after: ["first"] }),
    setLamp("second", "l1", 4, { after: ["pause"] }),
    setLamp("third", "l2", 7, { after: ["second"] }),
  ];
  site.write("proposal.json", wireProposal(steps, { goal: "lamp.l1.level == 4 && lamp.l2.level == 7" }));
  await site.run("plan", "proposal.json");
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

it("tells of each step, in order, whether its precondition would hold, with values read and predicted", async () => {
  const before = site.events().length;

  const { exitCode, out } = await site.run("apply", "--dry-run");
  const walked = JSON.parse((await site.run("apply", "last", "--dry-run", "--json")).out) as DryRun;

  expect(exitCode).toBe(0);
  expect(out).toMatch(/^dry run of pl_\w{12}: objects were read, nothing was written, and nobody was asked$/m);
  expect(out).toMatch(/^ {2}holds +lamp\.set lamp\/l1 \(first\): lamp\.l1\.level = 0$/m);
  expect(out).toMatch(/^ {2}holds +lamp\.set lamp\/l1 \(second\): lamp\.l1\.level = 3 \(after first\)$/m);
  expect(out).toMatch(
    /^ {2}holds +the goal: lamp\.l1\.level = 4 \(after second\), lamp\.l2\.level = 7 \(after third\)$/m,
  );
  expect(walked).toMatchObject({ format: "interlock.dry-run/1", changed: [], unread: [], goal: { verdict: "holds" } });
  expect(walked.steps.map(({ id, runs, pre }) => `${id} ${runs} ${pre.verdict}`)).toEqual([
    "first yes holds",
    "pause yes none",
    "second yes holds",
    "third yes holds",
    "end yes none",
  ]);
  // No approval, no run, no record, no write.
  expect([site.events().length, lamps.effects]).toEqual([before, []]);
});

it("ends with 12, and says what is in the way: a changed object, and a precondition that is false", async () => {
  lamps.levels = { l1: 6, l2: 0 };

  const { exitCode, out } = await site.run("apply", "--dry-run");

  expect(exitCode).toBe(12);
  expect(out).toContain("! lamp/l1 is not as the plan was made for: the run would not start\n");
  expect(out).toMatch(
    /^! DOES NOT HOLD +lamp\.set lamp\/l1 \(first\): `lamp\.l1\.level < 5`; found `lamp\.l1\.level` = 6$/m,
  );
  // Were the first to succeed, the second would find what the first leaves.
  expect(out).toMatch(/^ {2}holds +lamp\.set lamp\/l1 \(second\): lamp\.l1\.level = 3 \(after first\)$/m);
  expect(lamps.effects).toEqual([]);
});

it("says of an object that cannot be read that what hangs on it is unknown, and reads the others", async () => {
  lamps.levels = { l1: 0 };

  const { exitCode, out } = await site.run("apply", "--dry-run");

  expect(exitCode).toBe(12);
  expect(out).toMatch(/^\? unknown +lamp\.set lamp\/l2 \(third\): /m);
  expect(out).toMatch(/^ {2}holds +lamp\.set lamp\/l1 \(first\)/m);
});

it("reads nothing for a plan of another pack or of connections that have changed", async () => {
  site.write("pack/domain.yaml", `${site.read("pack/domain.yaml")}\n# changed\n`);

  const { exitCode, err } = await site.run("apply", "--dry-run");

  expect([exitCode, err.split(" ")[0]]).toEqual([12, "E_DOMAIN_DRIFT"]);
});
