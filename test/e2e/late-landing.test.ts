// A target that acknowledges a write and carries it out later, or never. No command may say that it was undone.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, type Manner, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

const two = wireProposal([setLamp("first", "l1", 3), setLamp("second", "l2", 4, { after: ["first"] })]);

async function apply(...manners: readonly Manner[]): Promise<{ readonly exitCode: number; readonly out: string }> {
  site.write("proposal.json", two);
  for (const argv of [
    ["plan", "proposal.json"],
    ["approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2"],
  ]) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0) throw new Error(err);
  }
  lamps.next(...manners);
  const { exitCode, out, err } = await site.run("apply");
  return { exitCode, out: `${err}${out}` };
}

async function told(...argv: readonly string[]): Promise<{ readonly exitCode: number; readonly out: string }> {
  const { exitCode, out, err } = await site.run(...argv);
  return { exitCode, out: `${err}${out}` };
}

const unseen =
  "`second` was acknowledged, and its effect is not seen and may still come: `lamp.l2.level` = 0, as before the write";

describe("a write that is acknowledged, and whose target somebody else changes before it lands", () => {
  beforeEach(async () => {
    site = await createLampSite(lamps);
  });

  const changed =
    "`second` was acknowledged, and its effect is not seen and may still come: " +
    "`lamp.l2.level` = 7; before the write it was `lamp.l2.level` = 0";

  it("is in doubt: their change is no proof that it has landed, and nothing is undone", async () => {
    const { exitCode, out } = await apply({ kind: "well" }, { kind: "queue", meanwhile: 7 });

    expect(exitCode).toBe(22);
    expect(out).toContain(changed);
    expect(out).not.toMatch(/undone|compensated/);
    expect((await told("explain")).out).toContain(changed);
    expect(lamps.effects).toEqual(["l1=3"]);
  });

  it("is undone with the rest once it has landed after all, and not before", async () => {
    await apply({ kind: "well" }, { kind: "queue", meanwhile: 7 });
    await told("rollback", "last", "--reason", "enough");
    expect(lamps.effects).toEqual(["l1=3"]);
    lamps.land();

    const { exitCode, out } = await told("resume");

    expect([exitCode, out]).toEqual([20, expect.stringContaining("every touched step was undone and verified")]);
    expect(lamps.effects).toEqual(["l1=3", "l2=4", "l2=0", "l1=0"]);
  });

  it("is undone if a person says that it happened, and the end names what was overwritten", async () => {
    await apply({ kind: "well" }, { kind: "queue", meanwhile: 7 });

    const { exitCode, out } = await told("resolve", "last", "second", "--as", "applied", "--reason", "it was me");

    expect([exitCode, out]).toEqual([20, expect.stringContaining("over values that this run did not write")]);
    expect(lamps.effects).toEqual(["l1=3", "l2=0", "l1=0"]);
  });
});

describe("a write that is acknowledged and does not show", () => {
  beforeEach(async () => {
    site = await createLampSite(lamps);
  });

  it("is in doubt: exit 22, nothing is undone, and the locks stay", async () => {
    const { exitCode, out } = await apply({ kind: "well" }, { kind: "queue" });

    expect(exitCode).toBe(22);
    expect(out).toContain(unseen);
    expect(out).not.toMatch(/undone|compensated/);
    expect((await told("runs")).out).toContain("in_doubt");
    expect((await told("locks")).out).toMatch(/lamp\/l2 {2}held by/);
    expect((await told("explain")).out).toContain(unseen);
    expect(lamps.effects).toEqual(["l1=3"]);
  });

  it("is told by `resume` with what was found now, beside the reason for which the doubt began", async () => {
    await apply({ kind: "well" }, { kind: "queue" });

    const { exitCode, out } = await told("resume");

    expect(exitCode).toBe(22);
    expect(out).toMatch(/\(second\) waits for .*\n {2}read once more: its post-condition does not hold\n/);
  });

  it("is done when it lands after all, and `resume` ends the run", async () => {
    await apply({ kind: "well" }, { kind: "queue" });
    lamps.land();

    const { exitCode, out } = await told("resume");

    expect([exitCode, out]).toEqual([0, expect.stringContaining("every step was done and verified")]);
  });

  it("is undone with the rest if it lands after somebody asked for the way back", async () => {
    await apply({ kind: "well" }, { kind: "queue" });
    await told("rollback", "last", "--reason", "enough");
    lamps.land();

    const { exitCode, out } = await told("resume");

    expect([exitCode, out]).toEqual([20, expect.stringContaining("every touched step was undone and verified")]);
    expect(lamps.levels).toEqual({ l1: 0, l2: 0 });
  });

  it("did not happen on a person's word: what was touched is undone, and the run ends closed on it", async () => {
    await apply({ kind: "well" }, { kind: "queue" });

    const { exitCode, out } = await told("resolve", "last", "second", "--as", "not_applied", "--reason", "queue empty");

    expect([exitCode, out]).toEqual([26, expect.stringContaining("every touched step was undone and verified")]);
    expect(out).toContain("on the word of olivia, although it may still land: lamp/l2 did not happen (“queue empty”)");
    expect(lamps.effects).toEqual(["l1=3", "l1=0"]);
  });

  it("stays in doubt if a person says that it happened and the reading shows nothing of it", async () => {
    await apply({ kind: "well" }, { kind: "queue" });

    const { exitCode, out } = await told("resolve", "last", "second", "--as", "applied", "--reason", "I think so");

    expect(exitCode).toBe(22);
    expect(out).toContain(
      "`olivia` says that `second` happened; the reading shows `lamp.l2.level` = 0, as before the write",
    );
  });

  it("settles nothing if a person says that it happened and nothing can be read, and the command says so", async () => {
    await apply({ kind: "well" }, { kind: "queue" });
    lamps.levels = {};

    const { exitCode, out } = await told("resolve", "last", "second", "--as", "applied", "--reason", "I think so");

    expect(exitCode).toBe(22);
    expect(out).toContain("`olivia` says that `second` happened, and no reading shows it: `lamp.l2.level` = unknown");
  });
});
