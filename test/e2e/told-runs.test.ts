// What `apply` says at its end of what a run touched and left stands in `explain` and in the list of runs as well.
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

/** Applies two writes, and gives what `explain` and `runs` say then, and what scripts get. */
async function apply(onFailure: string, ...manners: readonly Manner[]): Promise<string> {
  // Otherwise what was done otherwise might be somebody else's, and the write still on its way.
  const isBounded = manners.some(({ kind }) => kind === "otherwise");
  site = await createLampSite(lamps, { onFailure: isBounded ? `${onFailure}\n    landsWithin: 1ms` : onFailure });
  site.write(
    "proposal.json",
    wireProposal([
      setLamp("first", "l1", 3, { onFailure }),
      setLamp("second", "l2", 4, { onFailure, after: ["first"] }),
    ]),
  );
  await site.run("plan", "proposal.json");
  await site.run("approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2");
  lamps.next(...manners);
  return (await site.run("apply")).out;
}

interface Listed {
  readonly runs: readonly { readonly reason: string | null; readonly wrote: readonly string[] }[];
}

async function listed(): Promise<{ readonly shown: string; readonly data: Listed["runs"][number] | undefined }> {
  const data = JSON.parse((await site.run("runs", "--json")).out) as Listed;
  return { shown: (await site.run("runs")).out, data: data.runs[0] };
}

const busy = { kind: "refuse", text: "busy \u001b[2K\u202e" } as const;
const refusal = "the target answered 409: `busy \\u{1b}[2K\\u{202e}`";

describe("a run whose way back failed", () => {
  it("tells in the list of runs and in `explain` what is not restored, and escapes a target's text once", async () => {
    await apply("rollback", { kind: "well" }, { kind: "refuse", text: "no" }, busy);

    const { shown, data } = await listed();
    const explained = (await site.run("explain")).out;

    expect(shown).toMatch(
      / dirty .*\n {2}the target answered 409: .*\n {2}touched and not restored: lamp\/l1 \(first\)\n/,
    );
    expect(explained).toContain("\n  its way back failed, so it is not restored: lamp.set on lamp/l1 (first)\n");
    expect(data?.reason).toBe(refusal);
    for (const text of [shown, explained, (await site.run("doctor")).out, (await site.run("watch", "--once")).out])
      expect(text).not.toContain("\\\\u{");
  });

  it("names what was written before the step that it is stuck at, wherever it tells of it", async () => {
    const applied = await apply("rollback", { kind: "well" }, { kind: "otherwise" }, busy);

    const { shown, data } = await listed();
    const explained = (await site.run("explain")).out;

    const left = "written, and its way back was not begun: ";
    expect(applied).toContain(`\n${left}lamp.set on lamp/l1 (first)\n`);
    expect(shown).toContain(`\n  ${left}first\n  touched and not restored: lamp/l2 (second)\n`);
    expect(explained).toContain(`\n  ${left}lamp.set on lamp/l1 (first)\n`);
    expect(data?.wrote).toEqual(["first", "second"]);
  });

  it("keeps the words of the person who closes it apart from what the run says", async () => {
    await apply("rollback", { kind: "well" }, { kind: "refuse", text: "no" }, busy);
    const forged = "enough”; every step was undone and verified";

    const closed = await site.run("close", "last", "--reason", forged);

    const told = 'on the word of olivia: “enough"; every step was undone and verified”';
    expect(closed.out).toContain(`closed ${told}; written and not undone: first\n`);
    expect((await site.run("explain")).out).toContain(`closed ${told}\n`);
    const { shown, data } = await listed();
    expect(shown).toContain(
      `\n  ${told}\n  written and not undone: first\n  touched and not restored: lamp/l1 (first)\n`,
    );
    expect(data).toMatchObject({ reason: told, wrote: ["first"] });
  });
});

describe("a run that a person has to settle", () => {
  it("says what was written where it stopped, and nothing of it where everything is as wanted", async () => {
    await apply("stop", { kind: "well" }, { kind: "otherwise" });

    const left = "\n  written and not undone: first, second\n  touched and not restored: lamp/l2 (second)\n";
    expect((await listed()).shown).toContain(left);
    expect((await site.run("explain")).out).toContain(
      "\n  written and not undone: lamp.set on lamp/l1 (first), lamp.set on lamp/l2 (second)\n",
    );

    site.remove();
    lamps.levels = { l1: 0, l2: 0 };
    await apply("stop");

    expect((await listed()).shown).not.toContain("\n  ");
    expect((await site.run("explain")).out).not.toContain("not undone");
  });

  it("says in `apply` until when its doubt is read, what decides that, and what follows", async () => {
    site = await createLampSite(lamps, { onFailure: "stop\n    landsWithin: 1500ms" });
    site.write("proposal.json", wireProposal([setLamp("first", "l1", 3, { onFailure: "stop" })]));
    await site.run("plan", "proposal.json");
    await site.run("approve", "last", "--target", "lamp.set lamp/l1");
    lamps.next({ kind: "hang_up" });

    const { exitCode, err } = await site.run("apply");

    expect(err).toMatch(/nothing lands later\): what is not seen by then did not happen\n/);
    expect(err).toMatch(
      /if no reading has worked by \S+Z, this command ends with 22; the run keeps its locks and waits for \w+\n/,
    );
    expect(exitCode).toBe(14);
  });

  it("says of a doubt that nothing bounds what it was read for, and who has to settle it", async () => {
    await apply("stop", { kind: "hang_up" });

    expect((await site.run("explain")).out).toContain(
      "its target was read for 1 s (as long as its post-condition may take; its action declares no `landsWithin`)",
    );
    const { out } = await site.run("watch", "last", "--once", "--json");
    expect(JSON.parse(out)).toMatchObject({
      waitingFor: [{ doubt: { settlesInMs: null, readForMs: 1_000, decidedBy: "within" } }],
    });
  });
});
