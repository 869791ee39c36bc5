// What a person says of a step is read back. Where nothing can be read, the run ends closed on that person's word.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, refusedWith, wireProposal } from "./e2e-site.fixture.ts";
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

const two = wireProposal([setLamp("first", "l1", 3), setLamp("second", "l2", 4, { after: ["first"] })]);

async function apply(proposal: string): Promise<number> {
  site.write("proposal.json", proposal);
  for (const argv of [
    ["plan", "proposal.json"],
    ["approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2"],
  ]) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0) throw new Error(err);
  }
  return (await site.run("apply")).exitCode;
}

/** Applies a plan whose second write fails and whose way back is refused. */
async function soil(): Promise<void> {
  lamps.next({ kind: "well" }, { kind: "refuse", text: "no" }, { kind: "refuse", text: "no way back" });
  expect(await apply(two)).toBe(21);
}

const restored = ["resolve", "last", "first", "--as", "restored", "--reason", "switched it off"] as const;

describe("`resolve --as restored` of a way back that was refused", () => {
  it("is refuted while the lamp burns: exit 21, the locks stay, and nothing is sent", async () => {
    await soil();

    const { exitCode, out, err } = await site.run(...restored);

    expect(exitCode).toBe(21);
    expect(`${err}${out}`).toContain(
      "`olivia` says that `first` was put back by hand; the reading shows `lamp.l1.level` = 3",
    );
    expect((await site.run("locks")).out).toContain("lamp/l1  held by");
    expect(lamps.effects).toEqual(["l1=3"]);
  });

  it("is confirmed once the lamp is off: exit 20", async () => {
    await soil();
    lamps.levels = { l1: 0, l2: 0 };

    const { exitCode, out, err } = await site.run(...restored);

    expect([exitCode, `${err}${out}`]).toEqual([
      20,
      expect.stringContaining("every touched step reads as before; nothing was left to undo"),
    ]);
  });

  it("stands where the lamp cannot be read: closed on a name and a reason, exit 26, and never 20", async () => {
    await soil();
    lamps.levels = {};

    const { exitCode, out, err } = await site.run(...restored);

    expect(exitCode).toBe(26);
    expect(`${err}${out}`).toContain(
      "on the word of olivia, not read back: lamp/l1 was put back by hand (“switched it off”)",
    );
    const [run] = JSON.parse((await site.run("runs", "--json")).out).runs as readonly { readonly state: string }[];
    expect(run?.state).toBe("closed");
    expect((await site.run("explain")).out).toMatch(/as told, not read back: \S+ on \S+ \(first\)/);
    expect((await site.run("locks")).out).toBe("nothing is locked or frozen\n");
  });

  it("without a reason is refused, and so is `close`", async () => {
    await soil();

    const refused = [
      await site.run("resolve", "last", "first", "--as", "restored", "--json"),
      await site.run("close", "--json"),
    ];

    expect(refused.map((printed) => [printed.exitCode, refusedWith(printed)])).toEqual([
      [64, ["E_REASON_MISSING"]],
      [64, ["E_REASON_MISSING"]],
    ]);
    expect((await site.run("close", "--reason", "the lamps are gone")).exitCode).toBe(26);
  });
});

describe("`resolve --as not_applied` of a call that nobody answered", () => {
  it("stands where the lamp cannot be read: not untouched (14), but closed (26)", async () => {
    lamps.next({ kind: "hang_up" });
    expect(await apply(two)).toBe(22);
    lamps.levels = {};

    const { exitCode, out, err } = await site.run(
      "resolve",
      "last",
      "first",
      "--as",
      "not_applied",
      "--reason",
      "I looked",
    );

    expect(exitCode).toBe(26);
    expect(`${err}${out}`).toContain(
      "nothing else was written; on the word of olivia, not read back: lamp/l1 did not happen",
    );
  });
});
