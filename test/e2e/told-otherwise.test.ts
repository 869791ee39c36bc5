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
    expect(out).toMatch(/succeeded: .*\nlamp\.set on lamp\/l1 \(first\): .+; its effect was read back\n/);
    expect((await site.run("explain")).out).toMatch(/done +lamp\.set .*\n +E_\w+ .+; its effect was read back\n/);
  });

  it("is not said of a write that was acknowledged", async () => {
    const { exitCode, out, err } = await apply({ kind: "well" });

    expect([exitCode, `${out}${err}`.includes("its effect was read back")]).toEqual([0, false]);
  });
});
