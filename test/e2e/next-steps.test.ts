// A run that cannot go on by itself: every command that meets it names the run, how it stands, and what helps.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  type Printed,
  planAndApprove,
  refusedWith,
  setLevel,
  waitStep,
  wireProposal,
} from "./e2e-site.fixture.ts";
import { createLampSite, type Lamps, setLamp, startLamps } from "./lamp.fixture.ts";

let site: E2eSite;

afterEach(() => {
  vi.restoreAllMocks();
  site.remove();
});

const runIds = (): readonly string[] =>
  site.events().flatMap((event) => (event.kind === "run_started" ? [event.runId] : []));

/** The first problem of a refusal printed for scripts. */
function firstOf(printed: Printed): unknown {
  return (JSON.parse(printed.out) as { readonly problems: readonly unknown[] }).problems[0];
}

/** Applies what was approved last, in a process that is killed once it shows this. */
async function applyAndKill(shown: string): Promise<string> {
  const applying = site.start("apply");
  await applying.shown(shown);
  applying.child.kill("SIGKILL");
  await applying.ended;
  return runIds().at(-1) ?? "";
}

describe("apply, once the process that ran the plan was killed", () => {
  beforeEach(async () => {
    site = await createE2eSite();
  });

  const long = wireProposal([setLevel("louder", "debug"), waitStep("pause", 60_000, { after: ["louder"] })]);
  const asking = wireProposal([
    askStep("go_on"),
    setLevel("louder", "debug", { after: ["go_on"], when: "go_on == 'approved'" }),
  ]);

  it("names the run that the approval started, and has it resumed instead of approved again", async () => {
    await planAndApprove(site, long);
    const runId = await applyAndKill("(pause) begins");

    const again = await site.run("apply");

    expect(again.exitCode).toBe(11);
    expect(again.err).toContain(`the approval was used by \`${runId}\``);
    expect(again.err).toContain(`\`${runId}\` is running, and nobody works on it: take it up again`);
    expect(again.err).toContain(`and do not approve again; next: interlock resume ${runId}`);
  });

  it("says so of a plan that is named, and for a question names the answer", async () => {
    await planAndApprove(site, asking);
    const runId = await applyAndKill("a question (go_on) for a person");
    const [plan = ""] = site.events().flatMap((event) => (event.kind === "run_started" ? [event.planHash] : []));

    const again = await site.run("apply", plan.slice(7), "--json");

    expect(firstOf(again)).toMatchObject({
      code: "E_APPROVAL_REPLAY",
      hint: expect.stringContaining("waits for alice to answer `go_on`; nobody works on it"),
      next: { do: "answer", run: runId, step: "go_on" },
    });
  });

  it("says so after the approval has expired too: to approve again would do it twice", async () => {
    await planAndApprove(site, long);
    const runId = await applyAndKill("(pause) begins");
    const { now } = Date;
    vi.spyOn(Date, "now").mockImplementation(() => now() + 90 * 86_400_000);

    const again = await site.run("apply", `pl_${(await planOf(runId)).slice(7, 19)}`, "--json");

    expect(firstOf(again)).toMatchObject({
      code: "E_APPROVAL_EXPIRED",
      message: expect.stringContaining(runId),
      next: { do: "resume", run: runId },
    });
  });

  it("says so to somebody who was slower: the run is there, and an engine works on it", async () => {
    await planAndApprove(site, long);
    const applying = site.start("apply");
    await applying.shown("(pause) begins");
    const [runId = ""] = runIds();

    const slower = await site.run("apply", (await planOf(runId)).slice(7));

    expect(slower.exitCode).toBe(11);
    expect(slower.err).toContain(`\`${runId}\` is running: follow it until it ends, and do not approve again`);
    expect(slower.err).toContain(`next: interlock watch ${runId}\n`);
    await site.run("stop");
    expect((await applying.ended).exitCode).toBe(24);
  });

  it("says of a run that has ended how it ended, and that it takes an approval to do it once more", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");
    const [runId = ""] = runIds();

    const again = await site.run("apply", (await planOf(runId)).slice(7));

    expect(again.err).toContain(`\`${runId}\` has ended, succeeded; to do it once more, approve the plan again`);
    expect(again.err).toContain(`next: interlock explain ${runId}`);
  });

  async function planOf(runId: string): Promise<string> {
    const { out } = await site.run("runs", "--json");
    const { runs } = JSON.parse(out) as { readonly runs: readonly { runId: string; planHash: string }[] };
    return runs.find((run) => run.runId === runId)?.planHash ?? "";
  }
});

describe("a run in doubt, whose process has left", () => {
  let lamps: Lamps;

  beforeEach(async () => {
    lamps = await startLamps();
    site = await createLampSite(lamps);
    await planAndApprove(site, wireProposal([setLamp("one", "l1", 4)]));
    lamps.next({ kind: "hang_up" });
    expect((await site.run("apply")).exitCode).toBe(22);
  });

  afterEach(() => lamps.close());

  it("is for a person to resolve, says every command that meets it: resuming alone does not end it", async () => {
    const [runId = ""] = runIds();
    const resolve = `interlock resolve ${runId} one --as `;

    const [doctor, watch, explain, apply] = [
      await site.run("doctor"),
      await site.run("watch", "--once"),
      await site.run("explain"),
      await site.run("apply"),
    ];

    expect(doctor.out).toContain(`\`${runId}\` is running with \`one\` in doubt, and waits for alice`);
    for (const text of [doctor.out, watch.err, explain.out, apply.err]) expect(text).toContain(`next: ${resolve}`);
  });

  it("is what another plan waits for, and the refusal says who has to settle what", async () => {
    const [runId = ""] = runIds();
    await planAndApprove(site, wireProposal([setLamp("other", "l1", 5)]));

    const refused = await site.run("apply", "--json");

    expect(firstOf(refused)).toMatchObject({
      code: "E_LOCKED",
      hint: expect.stringContaining("waits for alice to settle `one`"),
      next: { do: "resolve", run: runId, step: "one" },
    });
  });

  it("cannot be closed, and the refusal says what ends it", async () => {
    const [runId = ""] = runIds();

    const closed = await site.run("close", runId, "--reason", "enough", "--json");

    expect([refusedWith(closed), closed.exitCode]).toEqual([["E_INPUT_UNEXPECTED"], 64]);
    expect(firstOf(closed)).toMatchObject({ next: { do: "resolve", run: runId, step: "one" } });
  });

  it("has an exit code in `doctor`, beside a clock that is wrong: each finding has its code", async () => {
    const { now } = Date;
    vi.spyOn(Date, "now").mockImplementation(() => now() - 7_200_000);

    const { exitCode, out } = await site.run("doctor", "--json");
    const { findings } = JSON.parse(out) as { readonly findings: readonly { state: string; code: string | null }[] };

    expect(exitCode).toBe(13);
    expect(findings.flatMap(({ state, code }) => (state === "bad" ? [code] : []))).toEqual([
      "E_RUN_WAITS",
      "E_CLOCK_SKEW",
    ]);
  });
});

describe("a run that asks", () => {
  beforeEach(async () => {
    site = await createE2eSite();
  });

  it("cannot be closed, and the refusal says that an answer or a stop ends it, also from the owner", async () => {
    await planAndApprove(
      site,
      wireProposal([askStep("go_on"), setLevel("louder", "debug", { after: ["go_on"], when: "go_on == 'approved'" })]),
    );
    const applying = site.start("apply");
    await applying.shown("a question (go_on) for a person");
    const [runId = ""] = runIds();

    const closed = await site.run("close", runId, "--reason", "enough");
    const resolved = await site.run("resolve", runId, "louder", "--as", "applied", "--reason", "seen");
    const stopped = await site.run("stop", runId, "--reason", "enough");

    for (const refused of [closed, resolved]) {
      expect(refused.exitCode).toBe(64);
      expect(refused.err).toContain("waits for alice to answer `go_on`: answer the question, or stop the run");
      expect(refused.err).toContain(`next: interlock answer ${runId} go_on --as `);
    }
    expect([stopped.exitCode, (await applying.ended).exitCode]).toEqual([0, 14]);
  });
});

describe("`last`, for a command that tells a run something", () => {
  beforeEach(async () => {
    site = await createE2eSite();
  });

  const waits = (id: string) => wireProposal([waitStep(id, 60_000)]);
  const words: readonly (readonly string[])[] = [
    ["stop"],
    ["kill"],
    ["rollback"],
    ["close", "last", "--reason", "enough"],
    ["resolve", "last", "one", "--as", "applied", "--reason", "seen"],
    ["answer", "last", "one", "--as", "approved"],
    ["resume", "last"],
  ];

  it("is refused with the runs that may be meant while another run has not ended", async () => {
    await planAndApprove(site, waits("one"));
    const first = site.start("apply");
    await first.shown("(one) begins");
    await planAndApprove(site, waits("two"));
    const second = site.start("apply");
    await second.shown("(two) begins");
    const ids = runIds();

    for (const argv of words) {
      const refused = await site.run(...argv);

      expect([argv[0], refused.exitCode]).toEqual([argv[0], 64]);
      expect(refused.err).toContain("E_RUN_UNNAMED");
      for (const id of ids) expect(refused.err).toContain(`\`${id}\` (running, started by \`olivia\`)`);
    }
    for (const id of ids) await site.run("stop", id);
    await Promise.all([first.ended, second.ended]);
  });

  it("is refused where the newest run has ended and an older one, maybe somebody else's, has not", async () => {
    await planAndApprove(site, waits("one"));
    const first = site.start("apply");
    await first.shown("(one) begins");
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");
    const [older = "", newest = ""] = runIds();

    const refused = await site.run("stop");

    expect([refused.exitCode, refused.err.includes(older), refused.err.includes(newest)]).toEqual([64, true, true]);
    await site.run("stop", older);
    await first.ended;
  });

  it("does not plan a way back for a run that somebody else made and that has ended", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");

    const byBen = await site.runAs({ actor: "ben" }, "rollback", "--json");
    const byOlivia = await site.run("rollback");

    expect([refusedWith(byBen), byOlivia.exitCode]).toEqual([["E_RUN_UNNAMED"], 0]);
    expect(byOlivia.err).toContain(`rollback: last is ${runIds()[0]}`);
  });

  it("is the only run that has not ended, and it is printed which one that is", async () => {
    await planAndApprove(site, waits("one"));
    const runId = await applyAndKill("(one) begins");

    const stopped = await site.run("stop");

    expect([stopped.exitCode, stopped.err.includes(`stop: last is ${runId}`)]).toEqual([14, true]);
  });
});
