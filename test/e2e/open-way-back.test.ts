// What nobody knows about the way back of a plan, as a person sees it before approving.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps);
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

const dim = `  lamp.dim:
    summary: Turns a lamp down again, if it is cool.
    class: reversible
    idempotency: none
    uses: lamps/put
    with: { path: [lamps, { $arg: lamp }], body: { level: { $arg: level } } }
    target: lamp
    input: { lamp: { object: lamp }, level: { integer: [0, 9] } }
    pre: self.heat == 'low'
    effect: [self.level = arg.level]
    post: { expect: self.level == arg.level, within: 300ms, every: 30ms }
    compensate: { action: lamp.set, args: { level: { before: level } } }
    onFailure: rollback
`;

it("a precondition of the way back on a fact that is not read is named before the plan is approved", async () => {
  site.edit(
    "pack/domain.yaml",
    "level: { integer: [0, 9] } }\n    observe",
    "level: { integer: [0, 9] }, heat: [low, high] }\n    observe",
  );
  site.edit("pack/domain.yaml", "facts: { level: /body/level }", "facts: { level: /body/level, heat: /body/heat }");
  site.edit("pack/domain.yaml", "compensate: { action: lamp.set", "compensate: { action: lamp.dim");
  site.edit("pack/domain.yaml", "    costUsd: 0.25\n", `    costUsd: 0.25\n${dim}`);
  await site.run("trust");
  site.write(
    "proposal.json",
    wireProposal([setLamp("first", "l1", 3), setLamp("second", "l2", 4, { after: ["first"] })]),
  );

  const planned = await site.run("plan", "proposal.json");
  const json = JSON.parse((await site.run("show", "--json")).out) as {
    readonly outlook: { readonly undecided: unknown };
  };
  const full = (await site.run("show", "--full")).out.replaceAll(/\n\s*│ /g, " ");

  expect(planned.exitCode).toBe(0);
  expect(planned.out.replaceAll(/\n\s*│ /g, " ")).toContain(
    "! nobody knows whether `lamp.l1.heat == 'low'`, which its way back needs, holds when that is sent, " +
      "and it is sent all the same: `lamp.l1.heat` was not read (first)",
  );
  expect(json.outlook.undecided).toContainEqual({
    kind: "undo_pre",
    name: "first",
    condition: "lamp.l1.heat == 'low'",
    unknown: [{ fact: "lamp.l1.heat", why: "not_read" }],
  });
  expect(full).toContain("sent although nobody knows whether this precondition holds then: lamp.l1.heat == 'low'");
  lamps.next({ kind: "well" }, { kind: "refuse", text: "no" });
  await site.run("approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2");
  expect([(await site.run("apply")).exitCode, lamps.effects]).toEqual([20, ["l1=3", "l1=0"]]);
});
