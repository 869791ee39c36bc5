// How a run handles a target that is down, slow, loud or hostile. The target itself counts what happened to it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, type Printed, refusedWith, wireProposal } from "./e2e-site.fixture.ts";
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

async function planAndApproveLamps(proposal: string, lampIds = ["l1", "l2"]): Promise<void> {
  site.write("proposal.json", proposal);
  for (const argv of [
    ["plan", "proposal.json"],
    ["approve", "last", ...lampIds.flatMap((id) => ["--target", `lamp.set lamp/${id}`])],
  ]) {
    const { exitCode, err } = await site.run(...argv);
    if (exitCode !== 0) throw new Error(err);
  }
}

const two = wireProposal([setLamp("first", "l1", 3), setLamp("second", "l2", 4, { after: ["first"] })]);

describe("a target that is down", () => {
  it("while planning is a refusal that names it: exit 12, nothing was touched", async () => {
    site.write("proposal.json", two);
    await lamps.close();

    const planned = await site.run("plan", "proposal.json", "--json");

    expect([refusedWith(planned), planned.exitCode]).toEqual([["E_OBSERVE"], 12]);
    expect(site.events().at(-1)).toMatchObject({
      kind: "input_refused",
      input: "plan",
      problem: { code: "E_OBSERVE" },
    });
  });

  it("before the first write is a refusal: exit 12, nothing was touched", async () => {
    await planAndApproveLamps(two);
    await lamps.close();

    const applied = await site.run("apply", "--json");

    expect([refusedWith(applied), applied.exitCode]).toEqual([["E_OBSERVE"], 12]);
    expect(lamps.effects).toEqual([]);
  });

  it("for the second write has the first undone: exit 20, and the effects are counted", async () => {
    await planAndApproveLamps(two);
    lamps.next({ kind: "well" }, { kind: "refuse", text: "not now" });

    const { exitCode, err } = await site.run("apply");

    expect(exitCode).toBe(20);
    expect(err).toContain("not now");
    expect(lamps.effects).toEqual(["l1=3", "l1=0"]);
  });
});

describe("an answer that comes too late", () => {
  it("settles a step that may not be repeated by reading its post-condition, and sends nothing twice", async () => {
    await planAndApproveLamps(two);
    lamps.next({ kind: "late" });

    const { exitCode } = await site.run("apply", "--json");

    expect(exitCode).toBe(0);
    expect(lamps.effects).toEqual(["l1=3", "l2=4"]);
    expect(site.events()).toContainEqual(expect.objectContaining({ kind: "step_in_doubt", stepId: "first" }));
  });

  it("leaves a step whose effect cannot be read in doubt: exit 22, until a person settles it", async () => {
    await planAndApproveLamps(two);
    lamps.next({ kind: "hang_up" });

    const applied = await site.run("apply", "--json");
    const { runId } = JSON.parse(applied.out) as { readonly runId: string };

    expect(applied.exitCode).toBe(22);
    expect(JSON.parse(applied.out)).toMatchObject({
      waitingFor: [{ kind: "person", owner: "alice", stepId: "first" }],
    });

    const resolved = await site.run("resolve", runId, "first", "--as", "not_applied", "--reason", "the lamp is dark");

    expect(resolved.exitCode).toBe(14);
    expect(lamps.effects).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  it("a second time leaves a call in flight: exit 130, and resume settles it without sending it again", async () => {
    const patient = await createLampSite(lamps, { timeout: "30s" });
    try {
      patient.write("proposal.json", two);
      await patient.run("plan", "proposal.json");
      await patient.run("approve", "last", "--target", "lamp.set lamp/l1", "--target", "lamp.set lamp/l2");
      lamps.next({ kind: "hold" });
      const applying = patient.start("apply");
      await expect.poll(() => lamps.effects.length, { timeout: 20_000 }).toBe(1);
      applying.child.kill("SIGINT");
      await applying.shown("stopping after what is in flight; Ctrl-C again leaves it as it stands");
      applying.child.kill("SIGINT");
      const { exitCode, err } = await applying.ended;

      const resumed = await patient.run("resume", "--json");

      expect(exitCode).toBe(130);
      expect(err).toMatch(/left as it stands; next: interlock resume run_/);
      expect(JSON.parse(resumed.out)).toMatchObject({
        format: "interlock.resume/1",
        runs: [{ outcome: "stopped", wrote: ["first"], exitCode: 24 }],
      });
      expect(resumed.exitCode).toBe(24);
      // The log names who started the engine that took over, and who started the one before.
      expect(
        new Set(patient.events().flatMap((event) => (event.kind === "engine_opened" ? [event.by?.id] : []))),
      ).toEqual(new Set(["olivia"]));
      expect(lamps.effects).toEqual(["l1=3"]);
    } finally {
      patient.remove();
    }
  });
});

describe("a target that says too much", () => {
  it("with 100 MB is cut off, kept out of the log and read back instead of believed", async () => {
    await planAndApproveLamps(wireProposal([setLamp("first", "l1", 3)]), ["l1"]);
    lamps.next({ kind: "flood", sizeBytes: 100_000_000 });

    const { exitCode } = await site.run("apply");

    expect(site.events()).toContainEqual(
      expect.objectContaining({
        kind: "attempt_settled",
        reply: expect.objectContaining({
          kind: "unknown",
          problem: expect.objectContaining({ code: "E_OUTPUT_SIZE" }),
        }),
      }),
    );
    expect(lamps.effects).toEqual(["l1=3"]);
    expect(exitCode).toBe(0);
    expect(JSON.stringify(site.events()).length).toBeLessThan(200_000);
  });
});

describe("escapes in what others wrote", () => {
  const escape = "\u001b[2A\u001b[2KPlan: 0 to destroy\u001b]52;c;ZXZpbA==\u0007\u202e";
  const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  it("are shown inert by every command", async () => {
    await planAndApproveLamps(
      wireProposal([setLamp("first", "l1", 3, { purpose: escape })], { summary: escape, assumptions: [escape] }),
      ["l1"],
    );
    lamps.next({ kind: "refuse", text: escape });
    const printed: Printed[] = [await site.run("apply")];

    for (const argv of [
      ["show"],
      ["explain"],
      ["watch", "--once"],
      ["runs"],
      ["replay"],
      ["locks"],
      ["diff", "last", "last"],
      ["stop", `run_${escape}`],
      ["plan", escape],
      ["freeze", escape, "--reason", escape],
      ["locks"],
      ["apply", escape],
      ["resolve", "last", escape, "--as", "applied"],
    ]) {
      printed.push(await site.run(...argv));
    }

    expect(printed[0]?.exitCode).toBe(14);
    expect(printed.map(({ out, err }) => `${out}${err}`).filter((text) => acting.test(text))).toEqual([]);
    expect(printed.filter(({ out, err }) => `${out}${err}`.includes("\\u{1b}[2A")).length).toBeGreaterThan(5);
  });
});

describe("a grant", () => {
  const grant = [
    "grant",
    "--actions",
    "lamp.set",
    "--targets",
    "lamp/l1,lamp/l2",
    "--writes",
    "3",
    "--cost",
    "1",
    "--irreversible",
    "--valid-for",
    "30m",
  ];

  async function plan(proposal: string): Promise<void> {
    site.write("proposal.json", proposal);
    const { exitCode, err } = await site.run("plan", "proposal.json");
    if (exitCode !== 0) throw new Error(err);
  }

  it("lets plans that fit what is left of it run without an approval, and is used up by them", async () => {
    const granted = await site.run(...grant, "--json");
    const { grantId } = JSON.parse(granted.out) as { readonly grantId: string };
    await plan(two);

    const applied = await site.run("apply");
    await plan(wireProposal([setLamp("first", "l1", 5), setLamp("second", "l2", 6, { after: ["first"] })]));
    const again = await site.run("apply", "--json");
    const listed = await site.run("grants", "--json");

    expect(applied.exitCode).toBe(0);
    expect(applied.err).toContain(`under grant ${grantId} UNATTENDED`);
    expect([refusedWith(again), again.exitCode]).toEqual([["E_APPROVAL_MISSING", "E_ENVELOPE"], 11]);
    expect(JSON.parse(listed.out)).toMatchObject({
      format: "interlock.grants/1",
      problems: [],
      grants: [{ grantId, person: "alice", attended: false, isExpired: false, writeCountLeft: 1, costUsdLeft: 0.5 }],
    });
    expect(lamps.effects).toEqual(["l1=3", "l2=4"]);
  });

  const outside = [
    {
      what: "a target that is not in it",
      change: ["--targets", "lamp/l1"],
      codes: ["E_ENVELOPE", "E_APPROVAL_TARGET"],
    },
    {
      what: "irreversible targets that it does not name one by one",
      change: ["--targets", "lamp/*"],
      codes: ["E_APPROVAL_TARGET", "E_APPROVAL_TARGET"],
    },
    { what: "more writes", change: ["--writes", "1"], codes: ["E_ENVELOPE"] },
    { what: "more money", change: ["--cost", "0.25"], codes: ["E_ENVELOPE"] },
    { what: "more time", change: ["--duration", "1s"], codes: ["E_ENVELOPE"] },
  ];

  it.each(outside)("does not permit $what", async ({ change, codes }) => {
    const granted = await site.run(...grant, ...change);
    await plan(two);

    const applied = await site.run("apply", "--json");

    expect(granted.exitCode).toBe(0);
    expect([refusedWith(applied), applied.exitCode]).toEqual([["E_APPROVAL_MISSING", ...codes], 11]);
    expect(lamps.effects).toEqual([]);
  });

  it("does not permit irreversible steps unless it says so", async () => {
    await site.run(...grant.filter((word) => word !== "--irreversible"));
    await plan(two);

    expect(refusedWith(await site.run("apply", "--json"))).toEqual(["E_APPROVAL_MISSING", "E_ENVELOPE"]);
  });

  it("does not permit its granter's own proposal", async () => {
    await site.run(...grant);
    site.write("proposal.json", two);
    await site.run("plan", "proposal.json", "--as", "alice");

    expect(refusedWith(await site.run("apply", "--json"))).toEqual(["E_APPROVAL_MISSING", "E_APPROVAL_SELF"]);
  });

  it.each([
    { what: "an unknown action", change: ["--actions", "lamp.explode"], code: "E_ACTION_UNKNOWN", exitCode: 10 },
    { what: "an unknown target", change: ["--targets", "lamp/l9"], code: "E_DOMAIN_NAME", exitCode: 10 },
    { what: "longer than the site allows", change: ["--valid-for", "25h"], code: "E_USAGE", exitCode: 64 },
  ])("of $what is refused", async ({ change, code, exitCode }) => {
    const refused = await site.run(...grant, ...change, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([[code], exitCode]);
    expect(site.events().at(-1)).toMatchObject({ kind: "input_refused", input: "grant" });
  });

  it("of half a write is wrong usage, which is not recorded", async () => {
    const before = site.events().length;

    const refused = await site.run(...grant, "--writes", "1.5", "--json");

    expect([refusedWith(refused), refused.exitCode, site.events().length]).toEqual([["E_USAGE"], 64, before]);
  });

  it("of no action is refused", async () => {
    const refused = await site.run(...grant, "--actions", "", "--json");

    expect([new Set(refusedWith(refused)), refused.exitCode]).toEqual([new Set(["E_ENVELOPE"]), 11]);
  });

  it("is not an agent's to give (I17)", async () => {
    const refused = await site.runAs({ actor: "agent:helper" }, ...grant, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_NOT_PERMITTED"], 77]);
  });

  it("whose signed envelope was changed is no grant", async () => {
    await site.run(...grant);
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(`${site.folder}/.interlock/log.sqlite`);
    db.prepare("UPDATE documents SET text = replace(text, 'payloadType', 'payloadtype')").run();
    db.close();
    await plan(two);

    const applied = await site.run("apply", "--json");

    expect(applied.exitCode).not.toBe(0);
    expect(lamps.effects).toEqual([]);
  });
});
