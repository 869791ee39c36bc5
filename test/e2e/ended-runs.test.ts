// What can be asked about runs that have ended: the list, the way back, the replay, and the log itself.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  setWorkers,
  typedForLast,
  wireProposal,
} from "./e2e-site.fixture.ts";
import { createGatedSite, setGate, throughGate } from "./gate.fixture.ts";

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

/** Three steps. The last needs an open gate. */
const failsAtLast = wireProposal([
  setLevel("louder", "debug"),
  setWorkers("more", 8, { after: ["louder"] }),
  throughGate("alone", { after: ["more"] }),
]);

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
    await site.run("approve", "last", ...(await typedForLast(site)));
    const applied = await site.run("apply");

    expect(JSON.parse(planned.out)).toMatchObject({
      format: "interlock.planned/1",
      plan: {
        parent: { runId, incidentId: null },
        proposer: { kind: "recovery", onBehalfOf: "olivia" },
        goal: "config.app.log_level == 'info' && config.app.workers == 4",
      },
    });
    expect(refusedWith(unapproved)).toEqual(["E_APPROVAL_MISSING"]);
    expect(applied.exitCode).toBe(0);
    expect(site.read("conf/app.json")).toBe(before);
  });

  it("says that nothing is undone yet, and exits 2 for a script that asks for it", async () => {
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");
    const before = site.read("conf/app.json");

    const forPeople = await site.run("rollback");
    const forScripts = await site.run("rollback", "--detailed-exitcode", "--json");

    expect(forPeople.err).toMatch(
      /^rollback: last is run_\w+\nthe run has ended, so nothing is undone yet: .*\nnothing has been done yet; next: /,
    );
    expect([forPeople.exitCode, forScripts.exitCode]).toEqual([0, 2]);
    expect(site.read("conf/app.json")).toBe(before);
  });

  it("is refused where a step has no way back, as a refusal that touched nothing", async () => {
    const wayBack = "    compensate: { action: config.log_level, args: { level: { before: log_level } } }\n";
    site.edit("pack/domain.yaml", "    class: reversible\n", "    class: irreversible\n");
    site.edit("pack/domain.yaml", wayBack, "");
    await site.run("trust");
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    await site.run("apply");

    const refused = await site.run("rollback", "--json");
    const untried = await site.run("actions", "test", "config.log_level", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_NO_WAY_BACK"], 10]);
    expect([refusedWith(untried), untried.exitCode]).toEqual([["E_NO_WAY_BACK"], 10]);
  });

  it("says that nothing is left to undo where a person put everything back, and speaks of no goal", async () => {
    const before = site.read("conf/app.json");
    await planAndApprove(site, wireProposal([setLevel("louder", "debug")]));
    const { runId } = JSON.parse((await site.run("apply", "--json")).out) as View;
    site.write("conf/app.json", before);

    const forPeople = await site.run("rollback");
    const forScripts = await site.run("rollback", "last", "--json");

    expect(forPeople.err).toBe(`rollback: last is ${runId}\n`);
    expect(forPeople.out).toBe(`nothing to undo: every value that ${runId} changed reads as it did before the run\n`);
    expect(JSON.parse(forScripts.out)).toEqual({
      format: "interlock.planned/1",
      planHash: null,
      nothingToDo: true,
      runId,
      staying: [],
    });
  });

  it("is refused if nothing of it is left", async () => {
    site.remove();
    site = await createGatedSite();
    await planAndApprove(site, failsAtLast);
    setGate(site, "closed");
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
    const { storePaths } = await import("../../src/log/sqlite/store-paths.ts");
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
