// What `interlock explain` and `interlock doctor` say when it matters: of a run that waits for a person.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, wireProposal } from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, type Manner, setLamp, startLamps } from "./lamp.fixture.ts";

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

/** Writes one lamp; then the second write is refused, and so is every attempt to take the first one back. */
async function endDirty(): Promise<void> {
  site.write(
    "proposal.json",
    wireProposal([setLamp("first", "l1", 3), setLamp("second", "l2", 4, { after: ["first"] })]),
  );
  await site.run("plan", "proposal.json");
  await site.run("approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2");
  const refusals = Array.from({ length: 8 }, (): Manner => ({ kind: "refuse", text: "the lamp is locked" }));
  lamps.next({ kind: "well" }, ...refusals);
  expect((await site.run("apply")).exitCode).toBe(21);
}

describe("the output of a step", () => {
  it("is shown with our own indentation as it is", async () => {
    site.write("proposal.json", wireProposal([setLamp("first", "l1", 3)]));
    await site.run("plan", "proposal.json");
    await site.run("approve", "last", "--target", "lamp.set lamp/l1");
    await site.run("apply");

    const { out } = await site.run("explain", "last", "--output", "first");

    expect(out).toContain('  body\n  │ {\n  │   "done": true\n  │ }\n');
  });
});

describe("a run that could not be undone", () => {
  it("is told with its phase, the failed way back, the owner, its locks and the next command", async () => {
    await endDirty();

    const { out } = await site.run("explain");

    expect(out).toMatch(/^run_\w+ {2}plan \w+ {2}dirty/m);
    expect(out).toMatch(/waits for reviewer|waits for \w+: /);
    expect(out).toContain("it keeps its locks: ");
    expect(out).toContain("lamp/l1");
    expect(out).toMatch(/way back failed.*: E_\w+ .*(409|403|400|422)/);
    expect(out).toMatch(/^next: interlock resolve run_\w+ first/m);
  });

  it("is as complete under --json", async () => {
    await endDirty();

    const told = JSON.parse((await site.run("explain", "--json")).out) as {
      readonly steps: readonly { readonly id: string; readonly undo: unknown }[];
    };

    expect(told).toMatchObject({ now: { phase: "dirty", next: [{ do: "resolve", step: "first" }] } });
    expect(told.steps.find(({ id }) => id === "first")?.undo).toMatchObject({ status: "failed" });
  });

  it("turns `doctor` red, with the command that says more", async () => {
    await endDirty();

    const { exitCode, out } = await site.run("doctor");

    expect(exitCode).toBe(21);
    expect(out).toMatch(/✖ bad {2}run: `run_\w+` is dirty, and waits for alice to settle `first`; it keeps its locks/);
    expect(out).toMatch(/next: interlock resolve run_\w+ first /);
  });
});

describe("a run that ended well", () => {
  it("is told without a way back, a wait or a next command", async () => {
    site.write("proposal.json", wireProposal([setLamp("first", "l1", 3)]));
    await site.run("plan", "proposal.json");
    await site.run("approve", "last", "--target", "lamp.set lamp/l1");
    await site.run("apply");

    const { out } = await site.run("explain");

    expect(out).not.toMatch(/way back|waits for|next:/);
  });

  it("says what was asked, by whom, and who worded the goal, as the list of runs does", async () => {
    site.write("proposal.json", wireProposal([setLamp("first", "l1", 3)]));
    await site.run("plan", "proposal.json", "--intent", "more light");
    await site.run("approve", "last", "--target", "lamp.set lamp/l1");
    await site.run("apply");

    const { out } = await site.run("explain");
    const explained = JSON.parse((await site.run("explain", "--json")).out) as unknown;
    const { runs } = JSON.parse((await site.run("runs", "--json")).out) as { readonly runs: readonly unknown[] };

    expect(out).toMatch(/^asked {8}olivia says “more light”; the plan has no goal$/m);
    const asked = { text: "more light", by: "olivia", goalBy: "none" };
    expect(explained).toMatchObject({ asked });
    expect(runs).toMatchObject([{ asked }]);
  });

  it("ends with who proposed, decided, approved and executed, after `apply` and in `explain`", async () => {
    site.write("proposal.json", wireProposal([setLamp("first", "l1", 3)]));
    await site.run("plan", "proposal.json");
    await site.run("approve", "last", "--target", "lamp.set lamp/l1");

    const applied = await site.run("apply");
    const explained = await site.run("explain");

    for (const text of [applied.err, explained.out]) {
      expect(text).toMatch(/^proposed by {2}file “proposal.json”, on behalf of \S+: a text, no more$/m);
      expect(text).toMatch(/^decided by {3}the gate, which compiled the one proposal there was$/m);
      expect(text).toMatch(/^approved by {2}alice UNATTENDED/m);
      expect(text).toMatch(/^executed by {2}this program, over \w+ \(http, .*\)$/m);
      expect(text).toMatch(
        /^times {8}waited .* for approval, .* for the start, calls took .*, read back and held for .*$/m,
      );
    }
  });
});

it("blanks of our own are blanks on the screen", async () => {
  const printed = [await site.run("doctor"), await site.run("identity", "list"), await site.run("runs")];

  expect(printed.map(({ out }) => out).join()).toContain("✔ ok   ");
  expect(printed.map(({ out, err }) => `${out}${err}`).join()).not.toContain("\\u{20");
});
