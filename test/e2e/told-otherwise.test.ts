// A call that did not say that it was done, and whose effect is there: a success that says what the call said.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { E2eSite } from "./e2e-site.fixture.ts";
import { wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, type Manner, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps, { onFailure: "rollback" });
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

async function apply(...manners: readonly Manner[]): Promise<Awaited<ReturnType<E2eSite["run"]>>> {
  site.write("proposal.json", wireProposal([setLamp("first", "l1", 3, { onFailure: "rollback" })]));
  await site.run("plan", "proposal.json");
  await site.run("approve", "last", "--target", "lamp.set lamp/l1");
  lamps.next(...manners);
  return site.run("apply");
}

describe("a write whose answer was no acknowledgement, and whose effect was read back", () => {
  it("is a success that says so, live, in the result and in `explain`", async () => {
    const { exitCode, out, err } = await apply({ kind: "flood", sizeBytes: 20_000_000 });

    expect(exitCode).toBe(0);
    expect(err).toMatch(/✔ lamp\.set on lamp\/l1 \(first\) done: .+; its effect was read back\n/);
    const said = "every step was verified, although 1 call did not report success: lamp/l1";
    expect(out).toContain(`succeeded: ${said}`);
    expect(out).toMatch(/\nlamp\.set on lamp\/l1 \(first\): .+; its effect was read back\n/);
    expect((await site.run("runs")).out).toMatch(new RegExp(`succeeded .*\n  ${said}\n`));
    const [listed] = JSON.parse((await site.run("runs", "--json")).out).runs;
    expect(listed.unacknowledged).toEqual([{ stepId: "first", target: "lamp/l1" }]);
    expect((await site.run("metrics")).out).toContain('interlock_runs_unacknowledged{state="succeeded"} 1\n');
    expect((await site.run("explain")).out).toContain(said);
    expect((await site.run("explain")).out).toMatch(/done +lamp\.set .*\n +E_\w+ .+; its effect was read back\n/);
  });

  it("is not said of a write that was acknowledged", async () => {
    const { exitCode, out, err } = await apply({ kind: "well" });

    expect([exitCode, `${out}${err}`.includes("its effect was read back")]).toEqual([0, false]);
    expect(out).toContain("succeeded: every step was done and verified\n");
  });
});

describe("a round trip in which a call did not report success", () => {
  it("proves no way back, although the facts are as they were", async () => {
    lamps.next({ kind: "well" }, { kind: "flood", sizeBytes: 20_000_000 });

    const args = ["--arg", "lamp=l1", "--arg", "level=3", "--target", "lamp.set lamp/l1", "--yes"];

    const tested = await site.run("actions", "test", "lamp.set", ...args);

    expect(lamps.levels["l1"]).toBe(0);
    expect(tested.err).toContain("E_ACTION_ROUND_TRIP its facts are as they were, and a call did not report success");
    expect(site.events().map(({ kind }) => kind)).not.toContain("round_trip_recorded");
  });
});
