// What an operator sees when something is wrong: with the store, the clock or the engine.
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  setLevel,
  typedForLast,
  waitStep,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => {
  vi.restoreAllMocks();
  site.remove();
});

const louder = wireProposal([setLevel("louder", "debug")]);
const long = wireProposal([setLevel("louder", "debug"), waitStep("pause", 60_000, { after: ["louder"] })]);

/** Applies a plan that waits, in a process of its own, and returns once it waits. */
async function startLong(): Promise<ReturnType<E2eSite["start"]>> {
  await planAndApprove(site, long);
  const applying = site.start("apply", "--json");
  await expect.poll(() => site.events().some(({ kind }) => kind === "wait_started"), { timeout: 20_000 }).toBe(true);
  return applying;
}

describe("a store in which a record was changed", () => {
  it("is reported by every command that reads it, with the record and exit 15, and not as our own error", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");
    const database = new DatabaseSync(`${site.folder}/.interlock/log.sqlite`);
    database.exec("UPDATE records SET at_ms = at_ms + 1; DELETE FROM site_snapshots");
    database.close();

    for (const argv of [
      ["watch", "--once"],
      ["watch", "--once", "--json"],
      ["replay", "--json"],
      ["explain"],
      ["locks"],
      ["locks", "--json"],
      ["show"],
      ["grants"],
      ["rollback"],
      ["doctor"],
      ["freeze"],
      ["resume"],
      ["log", "verify"],
    ]) {
      const { exitCode, out, err } = await site.run(...argv);

      expect([argv, exitCode]).toEqual([argv, 15]);
      expect(out + err).toMatch(/E_LOG_CHAIN|E_STORE_CORRUPT/);
      expect(out + err).not.toContain("E_INTERNAL");
    }
  });
});

describe("watching", () => {
  it("prints lines for a person, numbered events for a script, and one document on request", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");

    const [lines, stream, view] = [
      await site.run("watch"),
      await site.run("watch", "--jsonl"),
      await site.run("watch", "--json"),
    ];

    expect(lines.out).toMatch(/config.log_level on config\/app \(louder\) done\n.*succeeded/s);
    const [head, ...events] = stream.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly format?: string; readonly seq: number; readonly kind: string });
    expect(head).toEqual({ format: "interlock.events/1" });
    const settled = events.find(({ kind }) => kind === "step_settled");
    expect(JSON.parse(view.out)).toMatchObject({
      format: "interlock.run/1",
      phase: "ended",
      outcome: "succeeded",
      exitCode: 0,
    });
    // `replay` takes the same number.
    expect(JSON.parse((await site.run("replay", "--at", String(settled?.seq), "--json")).out)).toMatchObject({
      at: { seq: settled?.seq, kind: "step_settled" },
      state: { phase: "running" },
    });
  });

  it("says when no engine works on the run, and who goes on with it", async () => {
    const applying = await startLong();
    const whileItWorks = await site.run("watch", "--once");
    applying.child.kill("SIGKILL");
    await applying.ended;

    const afterwards = await site.run("watch", "--once");

    expect(whileItWorks.err).toBe("");
    expect(afterwards.err).toMatch(/^no engine works on it; next: interlock resume run_\w+\n$/);
    expect(JSON.parse((await site.run("watch", "--once", "--json")).out)).toMatchObject({
      phase: "running",
      waitingFor: [{ stepId: "pause" }],
    });
    expect((await site.run("stop")).exitCode).toBe(24);
  });

  it("says so within seconds when the engine goes away, and goes on watching", async () => {
    const applying = await startLong();
    const watching = site.start("watch");
    await watching.shown("(pause) begins");
    applying.child.kill("SIGKILL");

    await watching.shown(/no engine works on it; next: interlock resume run_\w+\n/);
    await site.run("stop");

    const { err, out, exitCode } = await watching.ended;
    expect([exitCode, err.match(/no engine works on it/g)?.length]).toEqual([0, 1]);
    expect(out).toContain("stopped");
  });
});

describe("a process that is told to end", () => {
  it("stops its run after what is in flight; screen and log say that a signal did it, and not a person", async () => {
    const applying = await startLong();
    applying.child.kill("SIGTERM");
    const { out, err } = await applying.ended;

    const told = "its process was told to end (SIGTERM)";
    expect(err).toContain("stopping after what is in flight; a second SIGTERM leaves it as it stands");
    expect(err).not.toContain("Ctrl-C");
    expect(JSON.parse(out)).toMatchObject({ outcome: "stopped", reason: told });
    expect((await site.run("watch", "--once")).out).toContain(`! no further step: ${told}\n`);
    expect((await site.run("explain")).out).toContain(`stopped: ${told}`);
    const draining = site.events().find(({ kind }) => kind === "run_draining");
    expect(draining).toMatchObject({ problem: { code: "E_CALLED_OFF", message: told } });
    expect(draining).not.toHaveProperty("reason");
  });
});

describe("a run whose engine was killed", () => {
  it("is shown as a run that nobody works on, also while another process owns the store", async () => {
    const applying = await startLong();
    const runId = site.events().flatMap((event) => (event.kind === "run_started" ? [event.runId] : []))[0];
    const atWork = [await site.run("runs"), await site.run("locks"), await site.run("doctor")];
    applying.child.kill("SIGKILL");
    await applying.ended;

    const [runs, locks, doctor] = [await site.run("runs"), await site.run("locks"), await site.run("doctor")];

    expect(atWork.map(({ out }) => out).join()).not.toContain("nobody works on it");
    expect(runs.out).toContain(`${runId}  running, nobody works on it  plan `);
    expect(locks.out).toContain(`held by ${runId}  running, nobody works on it  since `);
    expect(doctor.out).toContain(`\`${runId}\` is running, and nobody works on it`);
    expect(doctor.out).toContain(`next: interlock resume ${runId}`);
    site.write("proposal.json", wireProposal([waitStep("idle", 60_000)]));
    await site.run("plan", "proposal.json");
    const other = site.start("apply");
    await other.shown("(idle) begins");
    expect((await site.run("runs")).out).toMatch(/running +plan .*\nrun_\w+ {2}running, nobody works on it {2}plan /);
  });

  it("is named by a plan that waits for its locks, with the command that ends the wait", async () => {
    const applying = await startLong();
    await planAndApprove(site, wireProposal([setLevel("quieter", "warn")]));
    const atWork = await site.run("apply");
    applying.child.kill("SIGKILL");
    await applying.ended;

    const refused = await site.run("apply");

    expect(atWork.err).toMatch(/E_LOCKED .*\n.*wait for the run that holds the lock; next: interlock watch run_\w+\n/);
    expect(refused.err).toMatch(/E_LOCKED .*\n.*nobody works on that run.*; next: interlock resume run_\w+\n/);
    expect([atWork.exitCode, refused.exitCode]).toEqual([13, 13]);
  });
});

/** The machine's clock, ahead of the right time by this much; behind it below zero. */
function setClock(aheadMs: number): void {
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + aheadMs);
}

const hourMs = 3_600_000;

describe("a clock that was ahead once, and is right again", () => {
  beforeEach(async () => {
    setClock(2 * hourMs);
    await site.run("freeze", "--reason", "two hours early");
    await site.run("unfreeze");
    vi.restoreAllMocks();
  });

  it("keeps new writes back until a person accepts it, and apply, doctor, locks and approve say so", async () => {
    site.write("proposal.json", louder);
    await site.run("plan", "proposal.json");

    const approved = await site.run("approve", "last", ...(await typedForLast(site)));
    const refused = await site.run("apply");
    const doctor = await site.run("doctor", "--json");
    const locks = await site.run("locks");
    const anchored = await site.run("anchor", "--reason", "the clock was two hours early");
    const applied = await site.run("apply");
    const after = await site.run("doctor");

    expect(approved.err).toMatch(/the log's time is (?:119 minutes|2 hours) ahead of this machine's clock/);
    expect(approved.err).toContain("no run of this plan can start now");
    expect(refused.exitCode).toBe(13);
    expect(refused.err).toMatch(/E_CLOCK_SKEW .*behind the log's time.*\n.*; next: interlock anchor --reason WHY\n/);
    expect(doctor.exitCode).toBe(13);
    expect(JSON.parse(doctor.out)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ what: "clock", code: "E_CLOCK_SKEW" })]),
    });
    expect(locks.out).toContain("E_CLOCK_SKEW");
    expect([anchored.exitCode, applied.exitCode, after.exitCode]).toEqual([0, 0, 0]);
    expect(after.out).toContain("a person accepted this");
    expect(site.events()).toContainEqual(
      expect.objectContaining({
        kind: "clock_anchored",
        by: expect.objectContaining({ kind: "person", id: "olivia" }),
        reason: "the clock was two hours early",
      }),
    );
  });

  it("is accepted by a person with a reason, and by nobody else", async () => {
    const [agent, service, silent] = [
      await site.runAs({ actor: "agent:bot" }, "anchor", "--reason", "I may"),
      await site.runAs({ actor: "service:cron" }, "anchor", "--reason", "I may"),
      await site.run("anchor", "--reason", " "),
    ];

    expect([agent, service, silent].map(({ exitCode }) => exitCode)).toEqual([77, 77, 64]);
    expect(site.events().some(({ kind }) => kind === "clock_anchored")).toBe(false);
  });

  it("lets an approval and a grant expire at the clock's pace once it is accepted", async () => {
    await site.run("anchor", "--reason", "two hours early");
    await planAndApprove(site, louder);
    const grant = ["grant", "--actions", "config.log_level", "--targets", "config/app", "--writes", "1"];
    await site.run(...grant, "--cost", "1", "--valid-for", "59m");

    setClock(hourMs);

    expect((await site.run("apply")).exitCode).toBe(11);
    expect((await site.run("grants")).out).toContain("expired");
  });

  it("never keeps what was done from being undone", async () => {
    await site.run("anchor", "--reason", "two hours early");
    await planAndApprove(site, louder);
    await site.run("apply");
    const before = site.read("conf/app.json");
    setClock(-hourMs);

    const planned = await site.run("rollback");
    await site.run("approve", "last", ...(await typedForLast(site)));
    const undone = await site.run("apply");

    expect(planned.exitCode).toBe(0);
    expect(undone.exitCode).toBe(0);
    expect(site.read("conf/app.json")).not.toBe(before);
    await planAndApprove(site, louder);
    expect((await site.run("apply")).err).toContain("E_CLOCK_SKEW");
  });
});

describe("a setting of interlock.yaml", () => {
  it("says how far the log may be ahead of the clock", async () => {
    site.edit("interlock.yaml", "format: interlock.site/1", "format: interlock.site/1\nclock: { skewMax: 3h }");
    await site.run("trust");
    await planAndApprove(site, louder);
    setClock(-2 * hourMs);

    const doctor = await site.run("doctor");

    expect(doctor.exitCode).toBe(0);
    expect(doctor.out).toContain("ahead of this machine's clock");
    expect((await site.run("apply")).exitCode).toBe(0);
  });
});

describe("what an operator asked for", () => {
  it("stands in the log with who and why, and is shown", async () => {
    const applying = await startLong();

    const stopped = await site.run("stop", "--reason", "the customer called");

    expect(stopped.exitCode).toBe(0);
    expect((await applying.ended).exitCode).toBe(24);
    expect(site.events()).toContainEqual(
      expect.objectContaining({
        kind: "run_draining",
        by: expect.objectContaining({ id: "olivia" }),
        reason: "the customer called",
      }),
    );
    expect((await site.run("explain")).out).toContain("stopped: asked by olivia, who says “the customer called”");
  });

  it("and was frozen already says so", async () => {
    await site.run("freeze");

    const again = await site.run("freeze");

    expect(again).toMatchObject({ exitCode: 64, err: expect.stringContaining("`*` is frozen already") });
  });
});

describe("a store that does not exist yet", () => {
  it("holds no run and no lock", async () => {
    // The site's own, before its first record. One that was named is missing input (wrong-places.test.ts).
    rmSync(`${site.folder}/.interlock`, { recursive: true });

    const [runs, locks] = [await site.run("runs", "--json"), await site.run("locks", "--json")];

    expect([runs.exitCode, locks.exitCode]).toEqual([0, 0]);
    expect(JSON.parse(locks.out)).toEqual({ format: "interlock.locks/1", locks: [], freezes: [], held: null });
  });
});
