// The list of plans: what waits, was approved, rejected, used or expired, and which one `apply` may mean.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlansPage } from "../../src/interlock.ts";
import {
  createE2eSite,
  type E2eSite,
  type Printed,
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

afterEach(() => {
  vi.restoreAllMocks();
  site.remove();
});

const louder = wireProposal([setLevel("louder", "debug")]);
const more = wireProposal([setWorkers("more", 8)]);

/** Plans a proposal; gives its hash. */
async function plan(proposal: string): Promise<string> {
  site.write("proposal.json", proposal);
  const { out } = await site.run("plan", "proposal.json", "--json");
  return (JSON.parse(out) as { readonly planHash: string }).planHash;
}

async function listed(...argv: readonly string[]): Promise<Omit<PlansPage, "noStore">> {
  const { out } = await site.run("plans", ...argv, "--json");
  return JSON.parse(out) as Omit<PlansPage, "noStore">;
}

async function states(...argv: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const { plans } = await listed(...argv);
  return plans.map(({ planHash, state }) => [planHash, state]);
}

const nameOf = (planHash: string): string => `pl_${planHash.slice(7, 19)}`;

function setClock(aheadMs: number): void {
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + aheadMs);
}

/** The first problem of a refusal printed for scripts. */
function firstOf(printed: Printed): unknown {
  return (JSON.parse(printed.out) as { readonly problems: readonly unknown[] }).problems[0];
}

describe("a plan that is approved and was not used", () => {
  it("is told as approved when it is planned again, and stands above what was only made", async () => {
    const approved = await plan(louder);
    await site.run("approve", approved, "--target", "config.log_level config/app");
    const made = await plan(more);

    site.write("proposal.json", louder);
    const again = await site.run("plan", "proposal.json");
    await plan(more);
    const { out } = await site.run("plans");

    expect(again.err).toMatch(
      /nothing has been done yet; it is approved already, by alice until \S+Z; next: interlock apply pl_\w{12}\n/,
    );
    expect(out.indexOf(nameOf(approved))).toBeLessThan(out.indexOf(nameOf(made)));
  });
});

describe("the list of plans", () => {
  it("says of each plan where it is, who said what, when and why, and what to do next, newest first", async () => {
    await planAndApprove(site, louder);
    const used = site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "";
    await site.run("apply");
    const rejected = await plan(more);
    await site.run("reject", "last", "--reason", "not before the weekend");
    const waiting = await plan(wireProposal([setWorkers("fewer", 2)]));
    await planAndApprove(site, wireProposal([setWorkers("six", 6)]));

    const { plans } = await listed();
    const { out } = await site.run("plans");

    expect(plans.map(({ state }) => state)).toEqual(["approved", "waiting", "rejected", "used"]);
    expect(plans.map(({ next }) => next[0]?.do)).toEqual(["apply", "approve", "show_plan", "explain"]);
    const [approved] = plans;
    expect(approved).toMatchObject({
      plannedBy: { id: "olivia" },
      changes: ["config.workers config/app"],
      approval: { by: { id: "alice" }, problem: null },
      run: null,
    });
    expect(plans.find(({ planHash }) => planHash === rejected)?.rejection).toMatchObject({
      by: { id: "olivia" },
      reason: "not before the weekend",
    });
    expect(plans.find(({ planHash }) => planHash === used)?.run).toMatchObject({ state: "succeeded" });
    expect(out).toMatch(/rejected by olivia at \S+Z, who says “not before the weekend”/);
    expect(out).toMatch(/became run_\w+ at \S+Z: succeeded\n {2}next: interlock explain run_/);
    expect(out).toContain(`${nameOf(waiting)}  waiting   made `);
    expect(out).toContain(`next: interlock approve ${nameOf(waiting)}\n`);
  });

  it("is filtered by state, and an empty answer says what to do", async () => {
    const nothing = await site.run("plans");
    const waiting = await plan(louder);
    const none = await site.run("plans", "--state", "approved");

    expect(nothing.out).toBe("no plans; next: interlock plan PROPOSAL\n");
    expect(await states("--state", "waiting")).toEqual([[waiting, "waiting"]]);
    expect(none.out).toBe("no plan is approved; next: interlock plans\n");
    expect((await site.run("plans", "--state", "lost")).exitCode).toBe(64);
    expect((await site.run("plans", "--limit", "0")).exitCode).toBe(64);
  });

  it("comes page by page, and the filter goes with it", async () => {
    const hashes: string[] = [];
    for (const workers of [2, 3, 5]) hashes.push(await plan(wireProposal([setWorkers("w", workers)])));

    const first = await site.run("plans", "--state", "waiting", "--limit", "2");
    const before = /more: interlock plans --state waiting --before (\d+)/.exec(first.err)?.[1] ?? "";

    expect(await states("--limit", "2")).toEqual([
      [hashes[2], "waiting"],
      [hashes[1], "waiting"],
    ]);
    expect(await states("--state", "waiting", "--before", before)).toEqual([[hashes[0], "waiting"]]);
    expect((await listed("--before", before)).next).toBe(null);
  });

  it("shows an approval that ran out as expired, unless a run used it", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");
    await planAndApprove(site, more);
    setClock(90 * 86_400_000);

    expect((await listed()).plans.map(({ state }) => state)).toEqual(["expired", "used"]);
    expect((await site.run("plans", "--state", "expired")).out).toContain("next: interlock approve pl_");
  });

  it("shows a plan that was approved once more after its run as approved", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");
    const [{ planHash = "" } = {}] = (await listed()).plans;
    await site.run("approve", planHash.slice(7), "--as", "alice", "--target", "config.log_level config/app");

    expect(await states()).toEqual([[planHash, "approved"]]);
  });

  it("shows a plan that was made once more after its run as waiting: its approval is used", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");
    site.edit("conf/app.json", '"debug"', '"info"');
    const again = await plan(louder);

    const all = await states();

    expect(all[0]).toEqual([again, "waiting"]);
  });

  it("keeps a rejected plan rejected when it is made again, with who said so", async () => {
    await plan(louder);
    await site.run("reject", "last", "--reason", "no");
    const again = await plan(louder);

    expect((await listed()).plans).toMatchObject([{ planHash: again, state: "rejected", rejection: { reason: "no" } }]);
  });

  it("says why an approval does not count: its key is not known here any more", async () => {
    await planAndApprove(site, louder);
    const { rmSync } = await import("node:fs");
    rmSync(`${site.folder}/identities`, { recursive: true });

    const { plans } = await listed();

    expect(plans).toMatchObject([{ state: "waiting", approval: { problem: { code: "E_APPROVAL_SIGNATURE" } } }]);
    expect((await site.run("plans")).out).toContain("the approval does not count: no key known here signed it");
  });

  it("says that a plan that only reads needs no approval", async () => {
    const reads = await plan(wireProposal([waitStep("pause", 1)]));

    expect((await listed()).plans).toMatchObject([{ planHash: reads, changes: [], next: [{ do: "apply" }, {}] }]);
    expect((await site.run("plans")).out).toContain(": only reads\n");
  });

  it("names the next step of a run that is under way", async () => {
    await planAndApprove(site, wireProposal([waitStep("pause", 60_000), setLevel("l", "debug", { after: ["pause"] })]));
    const applying = site.start("apply");
    await applying.shown("(pause) begins");
    const { plans: atWork } = await listed();
    applying.child.kill("SIGKILL");
    await applying.ended;
    const { plans: left } = await listed();

    expect([atWork[0]?.next[0]?.do, left[0]?.next[0]?.do]).toEqual(["watch", "resume"]);
    await site.run("stop");
  });
});

describe("a plan that can never start as it is", () => {
  it("is stale: the list says why, and that it has to be planned again", async () => {
    await planAndApprove(site, louder);
    site.edit("interlock.yaml", "connections:", "# moved\nconnections:");
    const unchanged = (await listed()).plans[0]?.stale;
    site.edit("pack/domain.yaml", "The settings of one service", "The settings of a service");
    await site.run("trust");

    const { plans } = await listed();
    const { out } = await site.run("plans");

    expect(unchanged).toBeNull();
    expect(plans).toMatchObject([{ stale: { code: "E_DOMAIN_DRIFT" }, next: [{ do: "plan" }, { do: "show_plan" }] }]);
    expect(out).toContain("  stale: the pack is not the one the plan was made from\n  next: interlock plan PROPOSAL\n");
  });
});

describe("the beginning of an id", () => {
  it("that several runs share names them, and does not say that there is none", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");
    await planAndApprove(site, more);
    await site.run("apply");
    const runs = site.events().flatMap((event) => (event.kind === "run_started" ? [event.runId] : []));

    const { err, exitCode } = await site.run("explain", "run_0");

    expect([runs.length, exitCode]).toEqual([2, 66]);
    expect(err).toContain("more than one run begins with `run_0`: ");
    for (const run of runs) expect(err).toContain(run);
  });
});

describe("a plan that was approved twice", () => {
  const target = ["--target", "config.log_level config/app"] as const;

  async function approveAgain(): Promise<string> {
    const [{ planHash = "" } = {}] = (await listed()).plans;
    expect((await site.run("approve", nameOf(planHash), "--as", "alice", ...target)).exitCode).toBe(0);
    return planHash;
  }

  /** What the list, its filter, `apply` and `apply` by name say of the one plan here. */
  async function answers(planHash: string): Promise<readonly unknown[]> {
    const [bare, named] = [await site.run("apply", "--json"), await site.run("apply", nameOf(planHash), "--json")];
    return [(await states())[0]?.[1], await states("--state", "approved"), refusedWith(bare), refusedWith(named)];
  }

  it("runs once: the newer approval replaces the older one", async () => {
    await planAndApprove(site, louder);
    const planHash = await approveAgain();
    const first = await site.run("apply");
    site.edit("conf/app.json", '"debug"', '"info"');

    expect(first.exitCode).toBe(0);
    expect(await answers(planHash)).toEqual(["used", [], ["E_APPROVAL_REPLAY"], ["E_APPROVAL_REPLAY"]]);
    expect(site.read("conf/app.json")).toContain('"info"');
  });

  it("runs once, also if it was planned again in between", async () => {
    await planAndApprove(site, louder);
    await planAndApprove(site, louder);
    const [{ planHash = "" } = {}] = (await listed()).plans;
    await site.run("apply");
    site.edit("conf/app.json", '"debug"', '"info"');
    const used = await answers(planHash);
    await plan(louder);

    expect(used).toEqual(["used", [], ["E_APPROVAL_REPLAY"], ["E_APPROVAL_REPLAY"]]);
    expect(await answers(planHash)).toEqual(["waiting", [], ["E_APPROVAL_REPLAY"], ["E_APPROVAL_REPLAY"]]);
    expect((await listed()).plans).toMatchObject([{ approval: null, run: null }]);
    expect((await site.run("plans")).out).not.toContain("approved by");
  });

  it("does not run by the older approval once the newer one has expired", async () => {
    await planAndApprove(site, louder);
    const [{ planHash = "" } = {}] = (await listed()).plans;
    const brief = ["--valid-for", "1m", "--as", "alice", ...target] as const;
    await site.run("approve", nameOf(planHash), ...brief);
    setClock(120_000);

    expect(await answers(planHash)).toEqual(["expired", [], ["E_APPROVAL_EXPIRED"], ["E_APPROVAL_EXPIRED"]]);
  });
});

describe("apply, of a plan that cannot run", () => {
  it("names the one that is approved and that no run has used", async () => {
    await planAndApprove(site, louder);
    const [{ planHash: ready = "" } = {}] = (await listed()).plans;
    const other = await plan(more);

    const unknown = await site.run("apply", "pl_000000000000", "--json");
    const unapproved = await site.run("apply", nameOf(other), "--json");

    expect(firstOf(unknown)).toMatchObject({
      code: "E_PLAN_UNKNOWN",
      hint: expect.stringContaining(`other plans that are approved and not used yet: \`${nameOf(ready)}\``),
      next: { do: "list_plans" },
    });
    expect(firstOf(unapproved)).toMatchObject({
      hint: expect.stringContaining(`other plans that are approved and not used yet: \`${nameOf(ready)}\``),
      next: { do: "approve", plan: other },
    });
  });

  it("leads from a rejected plan to a new proposal, and never to another plan that is approved", async () => {
    await planAndApprove(site, louder);
    await planAndApprove(site, more);
    const several = await site.run("apply", "pl_000000000000", "--json");
    const rejected = await plan(wireProposal([setWorkers("fewer", 2)]));
    await site.run("reject", "last", "--reason", "no");

    const refused = await site.run("apply", nameOf(rejected), "--json");

    expect(firstOf(several)).toMatchObject({ code: "E_PLAN_UNKNOWN", next: { do: "list_plans" } });
    expect(firstOf(refused)).toMatchObject({ code: "E_APPROVAL_REJECTED", next: { do: "plan" } });
  });
});
