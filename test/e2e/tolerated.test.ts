// A plan that goes on after a failure. No command may call that a success, and each says what failed.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, wireArgs, wireProposal, wireStep } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, type Manner, setLamp, startLamps } from "./lamp.fixture.ts";

let lamps: Lamps;
let site: E2eSite;

beforeEach(async () => {
  lamps = await startLamps();
  site = await createLampSite(lamps, { onFailure: "branch\n    waves: { canary: 1, batch: 1, abortAbove: 1 }" });
});

afterEach(async () => {
  site.remove();
  await lamps.close();
});

const everyLamp = wireProposal([
  wireStep("s1", {
    action: "lamp.set",
    onFailure: "branch",
    args: [{ name: "lamp", from: "each", value: "lamp" }, ...wireArgs({ level: 3 })],
  }),
]);

async function apply(
  proposal: string,
  ...manners: readonly Manner[]
): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
  site.write("proposal.json", proposal);
  for (const argv of [
    ["plan", "proposal.json"],
    ["approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2"],
  ]) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0) throw new Error(err);
  }
  lamps.next(...manners);
  return site.run("apply");
}

/** The value of a metric. */
async function metric(sample: string): Promise<number> {
  const { out } = await site.run("metrics");
  return Number(
    out
      .split("\n")
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length + 1),
  );
}

describe("waves of which one step is refused", () => {
  it("end in part, with an exit code of their own, wherever the run is told", async () => {
    const { exitCode, out } = await apply(everyLamp, { kind: "well" }, { kind: "refuse", text: "not now" });

    expect(exitCode).toBe(25);
    expect(out).toContain("succeeded in part: 1 of 2 done and verified; 1 failed, tolerated: lamp/l2");
    expect(out).toContain("failed, nothing touched: lamp.set on lamp/l2 (s1_2)");
    expect((await site.run("runs")).out).toMatch(
      /succeeded_in_part .*\n {2}1 of 2 done and verified; .*\n {2}failed, nothing touched: lamp\/l2 \(s1_2\)\n/,
    );
    expect((await site.run("explain")).out).toContain("\n  failed, nothing touched: lamp.set on lamp/l2 (s1_2)\n");
    const failed = [{ stepId: "s1_2", target: "lamp/l2", touched: false }];
    expect(JSON.parse((await site.run("watch", "last", "--json")).out)).toMatchObject({
      outcome: "succeeded_in_part",
      exitCode: 25,
      wrote: ["s1_1"],
      failed,
    });
    expect(JSON.parse((await site.run("runs", "--state", "succeeded_in_part", "--json")).out)).toMatchObject({
      runs: [{ failed }],
    });
    expect(JSON.parse((await site.run("runs", "--state", "succeeded", "--json")).out)).toMatchObject({ runs: [] });
    expect(await metric("interlock_runs_succeeded_in_part")).toBe(1);
    expect(await metric('interlock_steps_failed_in_part{target="untouched"}')).toBe(1);
  });

  it("name what was acknowledged and done otherwise as touched", async () => {
    site.remove();
    site = await createLampSite(lamps, {
      onFailure: "branch\n    waves: { canary: 1, batch: 1, abortAbove: 1 }\n    landsWithin: 1ms",
    });

    const { exitCode, out } = await apply(everyLamp, { kind: "otherwise" }, { kind: "well" });

    expect(exitCode).toBe(25);
    expect(out).toContain("1 failed, tolerated: lamp/l1; touched and not restored: lamp/l1");
    expect(out).toContain("failed, touched and not restored: lamp.set on lamp/l1 (s1_1)");
    expect(await metric('interlock_steps_failed_in_part{target="touched"}')).toBe(1);
  });
});

describe("waves that are given up", () => {
  it("say of the members that were not sent that they are withheld, and why, wherever the run is told", async () => {
    site.remove();
    site = await createLampSite(lamps, { onFailure: "branch\n    waves: { canary: 1, batch: 1 }" });

    const { exitCode, out, err } = await apply(everyLamp, { kind: "refuse", text: "not now" });

    const line = "withheld, not sent (abortAbove 0: 1 failed): lamp.set on lamp/l2 (s1_2)\n";
    expect([exitCode, lamps.effects]).toEqual([14, []]);
    expect(err).toContain(`○ ${line}`);
    expect(out).toContain(line);
    expect((await site.run("explain")).out).toContain(
      "  withheld    lamp.set on lamp/l2 (s1_2): abortAbove 0: 1 failed\n",
    );
    const withheld = { id: "s1_2", name: "lamp.set on lamp/l2 (s1_2)", status: "withheld" };
    expect(JSON.parse((await site.run("explain", "--json")).out)).toMatchObject({
      steps: expect.arrayContaining([
        expect.objectContaining({ ...withheld, withheld: "abortAbove 0: 1 failed", attemptCount: 0 }),
      ]),
    });
    expect(JSON.parse((await site.run("watch", "last", "--json")).out)).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ ...withheld, problem: "abortAbove 0: 1 failed" })]),
    });
  });
});

describe("a branch for a failure", () => {
  it("that is taken does not hide the failure", async () => {
    const other = wireProposal([
      setLamp("first", "l1", 3, { onFailure: "branch" }),
      setLamp("instead", "l2", 3, { after: ["first"], when: "first == 'failed'", onFailure: "rollback" }),
      wireStep("end", { kind: "end", action: "", after: ["first"], when: "first == 'done'", onFailure: "stop" }),
      wireStep("end_2", { kind: "end", action: "", after: ["instead"], onFailure: "stop" }),
    ]);

    const { exitCode, out, err } = await apply(other, { kind: "refuse", text: "not now" });

    expect(err).toContain("the end (end) is left out: the plan's condition for it does not hold\n");
    expect([exitCode, out]).toEqual([
      25,
      expect.stringContaining("1 of 2 done and verified; 1 failed, tolerated: lamp/l1\n"),
    ]);
  });
});
