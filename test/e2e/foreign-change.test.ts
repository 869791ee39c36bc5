// A change that somebody else makes while the effect of a step is held is not overwritten by the way back.
import { afterEach, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

afterEach(async () => {
  site.remove();
  await lamps.close();
});

async function start(change: (domain: string) => string): Promise<void> {
  lamps = await startLamps();
  site = await createLampSite(lamps);
  site.write("pack/domain.yaml", change(site.read("pack/domain.yaml")));
  expect((await site.run("trust")).exitCode).toBe(0);
  site.write("proposal.json", wireProposal([setLamp("first", "l1", 3)]));
  expect((await site.run("plan", "proposal.json")).exitCode).toBe(0);
  expect((await site.run("approve", "last", "--target", "lamp.set lamp/l1")).exitCode).toBe(0);
}

it("leaves the value where it is, names it, and asks a person (21)", async () => {
  await start((domain) => domain.replace("every: 30ms }", "every: 30ms, hold: 400ms }"));
  const meddling = setInterval(() => {
    if (lamps.effects.length > 0) setTimeout(() => (lamps.levels = { ...lamps.levels, l1: 5 }), 150);
  }, 10);
  const { exitCode, out, err } = await site.run("apply");
  clearInterval(meddling);

  expect([exitCode, lamps.effects, lamps.levels.l1]).toEqual([21, ["l1=3"], 5]);
  expect(err).toContain("it had held (`lamp.l1.level` = 3), so somebody else changed it since");
  expect(out).toContain("`lamp/l1` is not as this run left it; found `lamp.l1.level` = 5");
});
