// A plan that is left out: it is what the same person planned last, and never what somebody else planned meanwhile.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createE2eSite,
  type E2eSite,
  planAndApprove,
  refusedWith,
  setLevel,
  setWorkers,
  wireProposal,
} from "./e2e-site.fixture.ts";

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

const louder = wireProposal([setLevel("louder", "debug")]);
const more = wireProposal([setWorkers("more", 8)]);
const asItIs = wireProposal([setLevel("same", "info")], { goal: "config.app.log_level == 'info'" });
const wrong = wireProposal([setLevel("loud", "louder than that")]);

/** Plans a proposal; gives its short name. */
async function plan(proposal: string, actor = "olivia"): Promise<string> {
  site.write("proposal.json", proposal);
  const { out } = await site.runAs({ actor }, "plan", "proposal.json", "--json");
  const { planHash = null } = JSON.parse(out) as { readonly planHash?: string | null };
  return planHash === null ? "" : `pl_${planHash.slice(7, 19)}`;
}

const unnamed: readonly (readonly string[])[] = [
  ["show"],
  ["approve", "--target", "config.log_level config/app"],
  ["reject", "--reason", "no"],
  ["apply"],
  ["runs", "--plan", "last"],
];

async function codesOf(...argv: readonly string[]): Promise<readonly string[]> {
  return refusedWith(await site.run(...argv, "--json"));
}

describe("after a plan that found nothing to do", () => {
  it("no command takes an older plan in its place, not even an approved one", async () => {
    await planAndApprove(site, louder);
    const recorded = site.events().find((event) => event.kind === "plan_recorded");
    const waiting = `pl_${recorded?.planHash.slice(7, 19)}`;
    const before = site.read("conf/app.json");

    await plan(asItIs);

    for (const argv of unnamed) expect([argv[0], await codesOf(...argv)]).toEqual([argv[0], ["E_PLAN_UNNAMED"]]);
    const { err, exitCode } = await site.run("apply");
    expect(exitCode).toBe(64);
    expect(err).toContain(`waiting: \`${waiting}\` (made by \`olivia\`, approved)`);
    expect(err).toContain(`next: interlock show ${waiting}`);
    expect(site.read("conf/app.json")).toBe(before);
    expect((await site.run("apply", waiting)).exitCode).toBe(0);
  });

  it("a rollback that finds nothing to do takes the older plan's place as well", async () => {
    await planAndApprove(site, louder);
    await site.run("apply");
    site.edit("conf/app.json", "debug", "info");
    await planAndApprove(site, more);

    const { out } = await site.run("rollback", "last", "--json");

    expect(JSON.parse(out)).toMatchObject({ nothingToDo: true });
    expect(await codesOf("apply")).toEqual(["E_PLAN_UNNAMED"]);
  });
});

describe("after a plan that was refused", () => {
  it("no command takes an older plan in its place", async () => {
    await planAndApprove(site, louder);

    await plan(wrong);

    for (const argv of unnamed) expect([argv[0], await codesOf(...argv)]).toEqual([argv[0], ["E_PLAN_UNNAMED"]]);
  });
});

describe("a plan that somebody else makes meanwhile", () => {
  it("does not become the last one of a person who planned before", async () => {
    const own = await plan(louder);
    const other = await plan(more, "ben");

    const { planHash } = JSON.parse((await site.run("show", "--json")).out) as { readonly planHash: string };
    const approved = await site.run("approve", "--target", "config.log_level config/app");

    expect(`pl_${planHash.slice(7, 19)}`).toBe(own);
    expect(approved.out).toContain(`${own} approved`);
    expect(approved.out).not.toContain(other);
  });

  it("is named to a person who has planned nothing, and is not taken", async () => {
    const own = await plan(louder);

    const asked = await site.runAs({ actor: "ben" }, "show");

    expect(asked.exitCode).toBe(64);
    expect(asked.err).toContain("you have planned nothing here yet");
    expect(asked.err).toContain(own);
  });

  it("is applied without a name by the person who approved it last", async () => {
    const own = await plan(louder);
    await site.runAs({ actor: "alice" }, "approve", own, "--as", "alice", "--target", "config.log_level config/app");
    await plan(more);

    const applied = await site.runAs({ actor: "alice" }, "apply");
    const byOlivia = await codesOf("apply");

    expect([applied.exitCode, applied.err.includes("(louder) done")]).toEqual([0, true]);
    expect(byOlivia).toEqual(["E_APPROVAL_MISSING"]);
  });
});

describe("a plan that has run", () => {
  it("is not run again without a name, and what waits is named", async () => {
    const waiting = await plan(more, "ben");
    await planAndApprove(site, louder);
    await site.run("apply");
    site.edit("conf/app.json", "debug", "info");

    const again = await site.run("apply");

    expect(again.exitCode).toBe(11);
    expect(again.err).toContain("E_APPROVAL_REPLAY");
    expect(again.err).toContain(waiting);
  });

  it("is not run again without a name where a grant would permit it", async () => {
    const granted = await site.run(
      "grant",
      "--actions",
      "config.workers",
      "--targets",
      "config/app",
      "--writes",
      "5",
      "--irreversible",
      "--yes",
    );
    const own = await plan(more);
    const first = await site.run("apply");
    site.edit("conf/app.json", '"workers": 8', '"workers": 4');

    const again = await codesOf("apply");
    const named = await site.run("apply", own);

    expect([granted.exitCode, first.exitCode, again, named.exitCode]).toEqual([0, 0, ["E_PLAN_UNNAMED"], 0]);
  });
});
