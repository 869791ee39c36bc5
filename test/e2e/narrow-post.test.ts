// A post-condition that held before the write, or names less than the effect, proves nothing of the effect. What a plan
// says that a write does is read back all the same.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, type Manner, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps, { onFailure: "rollback\n    landsWithin: 1ms" });
  site.edit("pack/domain.yaml", "expect: self.level == arg.level", "expect: self.level >= 0");
  site.write(
    "proposal.json",
    wireProposal([setLamp("first", "l1", 3), setLamp("second", "l2", 4, { after: ["first"] })]),
  );
  for (const argv of [
    ["trust"],
    ["plan", "proposal.json"],
    ["approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2"],
  ]) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0) throw new Error(err);
  }
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

it.each<readonly [string, Manner, string]>([
  ["never comes", { kind: "queue" }, "lamp.set on lamp/l2 (second) failed"],
  ["comes out otherwise", { kind: "otherwise" }, "this does not hold: `lamp.l2.level == 4`"],
])("undoes the run where a write is acknowledged and %s", async (_, manner, told) => {
  lamps.next({ kind: "well" }, manner);

  const { exitCode, out, err } = await site.run("apply");

  expect(exitCode).toBe(20);
  expect(`${err}${out}`).toContain(told);
  expect(lamps.levels).toEqual({ l1: 0, l2: 0 });
});

it("is done where the effect is seen", async () => {
  const { exitCode } = await site.run("apply");

  expect(exitCode).toBe(0);
  expect(lamps.levels).toEqual({ l1: 3, l2: 4 });
});
