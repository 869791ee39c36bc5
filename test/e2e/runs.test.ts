// What a run does to a real file, and what people do to a run: from other processes, through the socket of its owner.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  setWorkers,
  waitStep,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

interface View {
  readonly runId: string;
  readonly phase: string;
  readonly outcome: string | null;
  readonly exitCode: number;
}

/** Three steps of which the last finds a world that it does not accept: one worker alone, without maintenance. */
const failsAtLast = wireProposal([
  setLevel("louder", "debug"),
  setWorkers("more", 8, { after: ["louder"] }),
  setWorkers("alone", 1, { after: ["more"] }),
]);

describe("a step that fails", () => {
  it("has what was done before it undone in reverse order: exit 20, and the file is as it was", async () => {
    const before = site.read("conf/app.json");
    await planAndApprove(site, failsAtLast);

    const { exitCode, out } = await site.run("apply", "--json");

    expect(exitCode).toBe(20);
    expect(JSON.parse(out)).toMatchObject({
      format: "interlock.run/1",
      phase: "ended",
      outcome: "compensated",
      exitCode: 20,
    });
    expect(
      site.events().flatMap((event) => (event.kind === "step_compensated" ? [`${event.stepId} ${event.how}`] : [])),
    ).toEqual(["more undone", "louder undone"]);
    expect(site.read("conf/app.json")).toBe(before);
    expect((await site.run("locks")).out).toBe("nothing is locked or frozen\n");
  });

  it("before anything was written ends escalated: exit 14, nothing is undone, and `explain` says what stopped it", async () => {
    await planAndApprove(
      site,
      wireProposal([setWorkers("alone", 1), setLevel("louder", "debug", { after: ["alone"] })]),
    );

    const { exitCode, out } = await site.run("apply", "--json");
    const explained = await site.run("explain");

    expect(exitCode).toBe(14);
    expect(JSON.parse(out)).toMatchObject({ phase: "ended", outcome: "escalated", wrote: [], exitCode: 14 });
    expect(site.events().filter(({ kind }) => kind === "compensation_started")).toEqual([]);
    expect(explained.out).toMatch(/^stopped at alone: E_STEP_PRECONDITION /m);
    expect(explained.out).not.toContain("as predicted");
  });

  it("and cannot be undone leaves the run dirty, locked and owned: exit 21, until a person settles it", async () => {
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        askStep("ask", { after: ["louder"] }),
        setWorkers("alone", 1, { after: ["ask"], when: "ask == 'approved'" }),
      ]),
    );
    const applying = site.run("apply", "--json");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);
    site.edit("conf/app.json", '"debug"', '"warn"');
    await site.run("answer", "last", "ask", "--as", "approved");

    const { exitCode, out } = await applying;
    const view = JSON.parse(out) as View;
    const { runId } = view;

    expect([exitCode, view.exitCode]).toEqual([21, 21]);
    expect(view).toMatchObject({ phase: "dirty", waitingFor: [{ kind: "person", owner: "alice", stepId: "louder" }] });
    expect((await site.run("runs", "--state", "dirty", "--json")).out).toContain(runId);
    expect((await site.run("locks")).out).toContain(`config/app  held by ${runId}  dirty`);
    await planAndApprove(site, wireProposal([setWorkers("more", 8)]));
    expect(refusedWith(await site.run("apply", "--json"))).toEqual(["E_LOCKED"]);

    const resolved = await site.run("resolve", runId, "louder", "--as", "restored", "--reason", "put back by hand");

    expect(resolved.exitCode).toBe(20);
    expect((await site.run("locks")).out).toBe("nothing is locked or frozen\n");
    expect(site.events()).toContainEqual(
      expect.objectContaining({
        kind: "step_resolved",
        as: "restored",
        reason: "put back by hand",
        by: expect.objectContaining({ id: "olivia" }),
      }),
    );
    expect((await site.run("apply")).exitCode).toBe(0);
  });
});

describe("a definition that drifts under a running plan", () => {
  it("stops it before its next write", async () => {
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        askStep("ask", { after: ["louder"] }),
        setWorkers("more", 8, { after: ["ask"], when: "ask == 'approved'" }),
      ]),
    );
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);
    site.edit("pack/domain.yaml", "timeout: 5s", "timeout: 6s");
    await site.run("answer", "last", "ask", "--as", "approved");

    const { exitCode, err } = await applying;

    expect(err).toContain("the pack was changed while the plan ran");
    expect(exitCode).toBe(20);
    expect(site.read("conf/app.json")).toContain('"workers": 4');
  });
});

describe("connections that are changed under a running plan", () => {
  it("stop it before its next write, and the other place is not touched", async () => {
    await planAndApprove(
      site,
      wireProposal([askStep("ask"), setWorkers("more", 8, { after: ["ask"], when: "ask == 'approved'" })]),
    );
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);
    const before = site.read("conf/app.json");
    site.edit("interlock.yaml", "/conf", "/pack");
    await site.run("answer", "last", "ask", "--as", "approved");

    const { exitCode, err } = await applying;

    expect(err).toContain("the connections in interlock.yaml were changed while the plan ran");
    expect(exitCode).toBe(14);
    expect(site.read("conf/app.json")).toBe(before);
  });
});

describe("a question that a run asks", () => {
  const asks = wireProposal([
    askStep("ask"),
    setLevel("louder", "debug", { after: ["ask"], when: "ask == 'approved'" }),
  ]);

  it("answered from another process with yes lets the run go on", async () => {
    await planAndApprove(site, asks);
    const applying = site.start("apply");
    await applying.shown("ask asks: go on after ask?");

    const answered = await site.run("answer", "last", "ask", "--as", "approved", "--json");

    expect(JSON.parse(answered.out)).toMatchObject({
      format: "interlock.operated/1",
      input: { kind: "answer", answer: "approved" },
    });
    expect((await applying.ended).exitCode).toBe(0);
    expect(site.read("conf/app.json")).toContain('"debug"');
  });

  it("is not answered by an agent, over the socket either (I17)", async () => {
    await planAndApprove(site, asks);
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    const byAgent = await site.runAs({ actor: "agent:helper" }, "answer", "last", "ask", "--as", "approved", "--json");
    const { sendControl } = await import("../../src/owner/control/client.ts");
    const overSocket = await sendControl(`${site.folder}/.interlock/engine.sock`, {
      kind: "answer",
      runId: site.events().find(({ kind }) => kind === "run_started")?.runId ?? "",
      stepId: "ask",
      answer: "approved",
      by: { kind: "agent", id: "helper", keyId: null },
    });
    await site.run("answer", "last", "ask", "--as", "rejected");

    expect(refusedWith(byAgent)).toEqual(["E_NOT_PERMITTED"]);
    expect(overSocket).toMatchObject({ ok: false, error: { code: "E_NOT_PERMITTED" } });
    expect(
      site.events().filter((event) => event.kind === "input_refused" && event.problem.code === "E_NOT_PERMITTED"),
    ).toHaveLength(2);
    await applying;
    expect(site.read("conf/app.json")).toContain('"info"');
  });
});

describe("stopping", () => {
  const long = wireProposal([
    setLevel("louder", "debug"),
    waitStep("pause", 60_000, { after: ["louder"] }),
    setWorkers("more", 8, { after: ["pause"] }),
  ]);

  it("from a second process ends the run after what is in flight: exit 24, and says what was written", async () => {
    await planAndApprove(site, long);
    const applying = site.start("apply", "--json");
    await expect.poll(() => site.events().some(({ kind }) => kind === "wait_started"), { timeout: 20_000 }).toBe(true);

    const stopped = await site.run("stop", "last", "--reason", "enough");
    const { exitCode, out } = await applying.ended;

    expect(stopped.exitCode).toBe(0);
    expect(exitCode).toBe(24);
    expect(JSON.parse(out)).toMatchObject({ outcome: "stopped", wrote: ["louder"] });
    expect(site.read("conf/app.json")).toContain('"workers": 4');
  });

  it("with a first Ctrl-C stops after the current step and shows the state", async () => {
    await planAndApprove(site, long);
    const applying = site.start("apply");
    await applying.shown("pause waits");

    applying.child.kill("SIGINT");
    const { exitCode, err } = await applying.ended;

    expect(err).toContain("stopping after what is in flight; Ctrl-C again leaves it as it stands");
    expect(err).toContain("stopped by an operator");
    expect(exitCode).toBe(24);
  });

  it("before anything was written exits 14: nothing was touched", async () => {
    await planAndApprove(
      site,
      wireProposal([askStep("ask"), setLevel("louder", "debug", { after: ["ask"], when: "ask == 'approved'" })]),
    );
    const applying = site.run("apply", "--json");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    await site.run("stop", "last", "--reason", "not today");
    const { exitCode, out } = await applying;

    expect([exitCode, JSON.parse(out)]).toEqual([
      14,
      expect.objectContaining({ outcome: "stopped", wrote: [], exitCode: 14 }),
    ]);
  });

  it("is refused of a run that has ended, and recorded", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");

    for (const argv of [
      ["stop"],
      ["kill"],
      ["close"],
      ["resolve", "last", "louder", "--as", "applied"],
      ["answer", "last", "louder", "--as", "approved"],
    ]) {
      const refused = await site.run(...argv, "--json");

      expect([argv[0], refusedWith(refused), refused.exitCode]).toEqual([argv[0], ["E_RUN_ENDED"], 64]);
      expect(site.events().at(-1)).toMatchObject({ kind: "input_refused", input: argv[0], by: { id: "olivia" } });
    }
  });

  it.each(["stop", "kill", "rollback", "close", "freeze", "unfreeze"])(
    "by an agent is refused and recorded: %s",
    async (command) => {
      const refused = await site.runAs({ actor: "agent:helper" }, command, "--json");

      expect([refusedWith(refused), refused.exitCode]).toEqual([["E_NOT_PERMITTED"], 77]);
      expect(site.events().at(-1)).toMatchObject({
        kind: "input_refused",
        input: command,
        by: { kind: "agent", id: "helper" },
      });
    },
  );
});

describe("a second process", () => {
  it("cannot run a plan a second time while it runs: its approval is used (I1)", async () => {
    await planAndApprove(
      site,
      wireProposal([askStep("ask"), setLevel("louder", "debug", { after: ["ask"], when: "ask == 'approved'" })]),
    );
    const applying = site.run("apply");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    const second = await site.start("apply", "--json").ended;
    await site.run("stop");

    expect([refusedWith(second), second.exitCode]).toEqual([["E_APPROVAL_REPLAY"], 11]);
    expect((await applying).exitCode).toBe(14);
  });
});

describe("commands typed at the same time", () => {
  it("all leave their records: none is refused because another is just recording its own", {
    timeout: 60_000,
  }, async () => {
    const before = site.events().filter(({ kind }) => kind === "pack_trusted").length;

    const ends = await Promise.all(Array.from({ length: 5 }, () => site.start("trust", "--json").ended));

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
    expect(site.events().filter(({ kind }) => kind === "pack_trusted")).toHaveLength(before + 5);
  });
});

describe("killing", () => {
  it("sends nothing more, the way back included, and leaves what was written listed", async () => {
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        askStep("ask", { after: ["louder"] }),
        setWorkers("more", 8, { after: ["ask"], when: "ask == 'approved'" }),
      ]),
    );
    const applying = site.run("apply", "--json");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);

    const killed = await site.run("kill", "last", "--reason", "smoke");
    const { exitCode, out } = await applying;

    expect(killed.exitCode).toBe(0);
    expect([exitCode, JSON.parse(out)]).toEqual([
      24,
      expect.objectContaining({ outcome: "stopped", reason: "killed: smoke", wrote: ["louder"] }),
    ]);
    expect(site.read("conf/app.json")).toContain('"debug"');
  });
});

describe("the list of runs", () => {
  it("is filtered by state and read page by page, newest first", async () => {
    const levels = ["debug", "warn", "error"];
    for (const level of levels) {
      await planAndApprove(site, wireProposal([setLevel("set", level)]));
      await site.run("apply");
    }
    interface Page {
      readonly runs: readonly { readonly seq: number; readonly runId: string; readonly state: string }[];
      readonly next: number | null;
    }
    const page = async (...argv: readonly string[]): Promise<Page> =>
      JSON.parse((await site.run("runs", "--json", ...argv)).out) as Page;

    const all = await page();
    const first = await page("--limit", "2");
    const second = await page("--limit", "2", "--before", String(first.next));

    expect(all.runs.map(({ seq }) => seq)).toEqual(
      all.runs.map(({ seq }) => seq).toSorted((left, right) => right - left),
    );
    expect([...first.runs, ...second.runs]).toEqual(all.runs);
    expect([all.runs.length, first.runs.length, second.next]).toEqual([3, 2, null]);
    expect((await page("--state", "succeeded")).runs).toEqual(all.runs);
    expect((await page("--state", "dirty")).runs).toEqual([]);
  });
});

describe("undoing a run that has ended", () => {
  it("plans a successor from its recorded compensations, which needs its own approval", async () => {
    const before = site.read("conf/app.json");
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        setWorkers("more", 8, { after: ["louder"] }),
        setLevel("loudest", "error", { after: ["more"] }),
      ]),
    );
    const { runId } = JSON.parse((await site.run("apply", "--json")).out) as View;

    const planned = await site.run("rollback", runId, "--json");
    const unapproved = await site.run("apply", "--json");
    await site.run("approve", "last", "--target", "config/app");
    const applied = await site.run("apply");

    expect(JSON.parse(planned.out)).toMatchObject({
      format: "interlock.planned/1",
      plan: {
        parent: { runId, incidentId: null },
        proposer: { kind: "recovery", onBehalfOf: "olivia" },
        goal: "config.app.log_level == 'info' && config.app.workers == 4",
      },
    });
    expect(refusedWith(unapproved)).toEqual(["E_APPROVAL_HASH"]);
    expect(applied.exitCode).toBe(0);
    expect(site.read("conf/app.json")).toBe(before);
  });

  it("is refused where nothing of it stands", async () => {
    await planAndApprove(site, failsAtLast);
    await site.run("apply");

    const refused = await site.run("rollback", "last", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_RUN_ENDED"], 64]);
  });
});

describe("replaying a run", () => {
  it("rebuilds it as it stood at any record, and shows what has changed since", async () => {
    await planAndApprove(
      site,
      wireProposal([setLevel("louder", "debug"), setWorkers("more", 8, { after: ["louder"] })]),
    );
    await site.run("apply");
    const seq = site.events().findIndex((event) => event.kind === "step_settled" && event.stepId === "louder");

    const { out } = await site.run("replay", "last", "--at", String(seq), "--json");
    const atEnd = JSON.parse((await site.run("replay", "--json")).out) as { readonly differences: readonly unknown[] };
    const forPeople = await site.run("replay", "last", "--at", String(seq));

    const replayed = JSON.parse(out) as {
      readonly state: { readonly steps: readonly { readonly id: string; readonly status: string }[] };
      readonly differences: readonly object[];
    };
    expect(replayed).toMatchObject({
      format: "interlock.replay/1",
      at: { seq, kind: "step_settled" },
      last: { kind: "run_ended" },
      state: { phase: "running", outcome: null },
    });
    expect(replayed.state.steps.map(({ id, status }) => [id, status])).toEqual([
      ["louder", "settled"],
      ["more", expect.not.stringMatching("settled")],
      ["end", "pending"],
    ]);
    expect(replayed.differences).toContainEqual({ pointer: "/phase", then: "running", now: "ended" });
    expect(atEnd.differences).toEqual([]);
    expect(forPeople.out).toContain('/phase: "running" → "ended"');
  });

  it("names where the run begins when asked for an earlier record", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");

    const refused = await site.run("replay", "last", "--at", "0", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
  });
});

describe("the log", () => {
  it("with one byte flipped in a stored record is refused by name: exit 15", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");
    const { DatabaseSync } = await import("node:sqlite");
    const { storePaths } = await import("../../src/log/sqlite/open.ts");
    const seq = site.events().findIndex(({ kind }) => kind === "step_settled");
    const db = new DatabaseSync(storePaths(`${site.folder}/.interlock`).database);
    const changed = db
      .prepare("UPDATE records SET body = replace(body, 'settled', 'sottled') WHERE seq = ?")
      .run(seq).changes;
    db.close();

    const verified = await site.run("log", "verify", "--json");

    expect(Number(changed)).toBe(1);
    expect(verified.exitCode).toBe(15);
    expect(JSON.parse(verified.out)).toMatchObject({
      format: "interlock.refusal/1",
      problems: [{ code: "E_LOG_CHAIN", pointer: expect.stringContaining(String(seq)) }],
    });
  });
});

describe("listing runs", () => {
  const listed = async (...argv: readonly string[]) =>
    JSON.parse((await site.run("runs", ...argv, "--json")).out) as {
      readonly runs: readonly {
        readonly runId: string;
        readonly planHash: string;
        readonly state: string;
        readonly seq: number;
      }[];
      readonly next: number | null;
    };

  it("by state, plan and prefix goes page by page through the same runs, newest first", async () => {
    for (const level of ["debug", "info", "debug"]) {
      await planAndApprove(site, wireProposal([setLevel("louder", level)]));
      await site.run("apply");
    }
    const { runs } = await listed();
    const [newest, , oldest] = runs;
    const year = newest?.runId.slice(0, 7) ?? "";

    for (const filter of [
      [],
      ["--state", "succeeded"],
      ["--prefix", year],
      ["--prefix", year.slice("run_".length), "--state", "succeeded"],
    ]) {
      const pages: string[] = [];
      for (
        let page = await listed(...filter, "--limit", "1");
        page.runs.length > 0;
        page = await listed(...filter, "--limit", "1", "--before", String(page.next))
      )
        pages.push(...page.runs.map(({ runId }) => runId));
      expect([filter, pages]).toEqual([filter, runs.map(({ runId }) => runId)]);
    }
    expect((await listed("--plan", oldest?.planHash.slice(7, 19) ?? "")).runs).toEqual(
      runs.filter(({ planHash }) => planHash === oldest?.planHash),
    );
    expect((await listed("--plan", "last", "--state", "stopped")).runs).toEqual([]);
    expect((await listed("--prefix", newest?.runId ?? "")).runs).toEqual([newest]);
    expect((await site.run("runs", "--state", "succeeded", "--limit", "1")).err).toBe(
      `more: interlock runs --state succeeded --before ${newest?.seq}\n`,
    );
    expect([
      (await site.run("runs", "--plan", "pl_000000000000")).exitCode,
      (await site.run("runs", "--plan", "last", "--prefix", "x")).exitCode,
    ]).toEqual([66, 64]);
  });
});
