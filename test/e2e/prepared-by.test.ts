// Who gave the command stands in the plan, where that is not simply the person whom it names. Nobody approves what they
// had made, whomever they name.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Plan } from "../../src/core/plan/plan.ts";
import { createIdentity } from "../../src/identities/identity.ts";
import {
  askStep,
  createE2eSite,
  type E2eSite,
  type Printed,
  refusedWith,
  setLevel,
  wireProposal,
} from "./e2e-site.fixture.ts";
import { logMoreTargets } from "./refused.fixture.ts";

const proposal = "pack/proposals/log-more.json";
const agent = { actor: "agent:helper" } as const;
const alice = { actor: "alice" } as const;

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

/** The rows that say who asked, who proposed and who had it made. */
const whoRows = (text: string): readonly string[] =>
  text
    .replaceAll(/\n +│ /g, " ")
    .split("\n")
    .filter((row) => /^(asked|goal|proposed by|prepared by|! .*gave the goal)/.test(row));

const asAgent = (...words: readonly string[]): Promise<Printed> =>
  site.runAs(agent, "plan", proposal, "--as", "olivia", "--goal", "config.app.workers == 8", ...words);

const preparedBy = ({ out }: Printed): unknown => (JSON.parse(out) as { readonly plan: Plan }).plan.preparedBy;

describe("a plan that an agent had made in a person's name", () => {
  it("names the agent, gives the words as the agent's, and says that the person has confirmed nothing", async () => {
    const planned = await asAgent("--intent", "make it fast");
    const shown = await site.run("show", hashOf());
    const full = await site.run("show", hashOf(), "--full");
    const listed = await site.run("plans");

    for (const { out } of [planned, shown, full]) {
      expect(out).toContain("asked: agent helper says “make it fast”");
      expect(whoRows(out).join("\n")).toContain("goal (by agent helper");
      expect(whoRows(out)).toContain("prepared by: agent helper, who names olivia; olivia has confirmed nothing");
      expect(out).toContain("! agent helper gave the goal");
      expect(out).not.toMatch(/olivia says|by you|by olivia/);
    }
    expect(listed.out).toContain("by agent helper, who names olivia:");
    expect(listed.out).toContain("asked: agent helper says");
  });

  it("keeps it as data, and `explain` tells it", async () => {
    const planned = await asAgent("--json");
    await site.run("approve", hashOf(), ...logMoreTargets, "--as", "alice");
    const applied = await site.run("apply", hashOf());
    const explained = await site.run("explain", "last", "--json");

    expect(preparedBy(planned)).toEqual({ kind: "agent", id: "helper" });
    expect(applied.err).toContain("prepared by  agent helper, who names olivia");
    expect(JSON.parse(explained.out)).toMatchObject({ credits: { preparedBy: { kind: "agent", id: "helper" } } });
  });

  it("is told from a person of the same name", async () => {
    const { out } = await site.runAs({ actor: "agent:olivia" }, "plan", proposal, "--intent", "make it fast");

    expect(whoRows(out)).toContain("prepared by: agent olivia");
    expect(out).toContain("asked: agent olivia says");
  });

  it("is refused where it says that a person made the proposal, and recorded as refused", async () => {
    for (const actor of ["agent:helper", "service:ci"]) {
      const refused = await site.runAs({ actor }, "plan", proposal, "--proposer-kind", "person", "--json");

      expect(refusedWith(refused)).toEqual(["E_PERSON_REQUIRED"]);
      expect(refused.exitCode).toBe(77);
      expect(site.events().at(-1)).toMatchObject({ kind: "input_refused", problem: { code: "E_PERSON_REQUIRED" } });
    }
  });
});

describe("a plan that a person had made for somebody else", () => {
  beforeEach(() => {
    createIdentity(join(site.folder, "identities"), { name: "olivia", person: "olivia", passphrase: null });
  });

  it("says so, and has no such field where the person names nobody else", async () => {
    const forBob = await site.run("plan", proposal, "--as", "bob", "--intent", "log more", "--json");
    const own = await site.run("plan", proposal, "--intent", "log more", "--json");

    expect(preparedBy(forBob)).toEqual({ kind: "person", id: "olivia" });
    expect(JSON.parse(forBob.out)).toMatchObject({ plan: { intent: { by: "olivia" } } });
    expect(Object.keys((JSON.parse(own.out) as { readonly plan: object }).plan)).not.toContain("preparedBy");
  });

  it("is not approved by that person without `solo`, and marked SOLO with it", async () => {
    await site.runAs(alice, "plan", proposal, "--as", "bob");
    const refused = await site.runAs(alice, "approve", "last", ...logMoreTargets, "--as", "alice", "--json");

    site.edit("interlock.yaml", "solo: false", "solo: true");
    await site.run("trust");
    await site.runAs(alice, "plan", proposal, "--as", "bob");
    const marked = await site.runAs(alice, "approve", "last", ...logMoreTargets, "--as", "alice");

    expect(refusedWith(refused)).toEqual(["E_APPROVAL_SELF"]);
    expect(marked.out).toContain("SOLO");
  });

  it("does not run under a grant of that person", async () => {
    const actions = ["--actions", "config.log_level,config.workers"];
    const scope = ["--targets", "config/app", "--writes", "9", "--irreversible", "--as", "alice", "--yes"];
    const granted = await site.runAs(alice, "grant", ...actions, ...scope);
    await site.runAs(alice, "plan", proposal, "--as", "bob");
    const own = await site.runAs(alice, "apply", "last", "--json");
    await site.run("plan", proposal, "--as", "bob");
    const others = await site.run("apply", "last");

    expect(granted.exitCode).toBe(0);
    expect(refusedWith(own)).toContain("E_APPROVAL_SELF");
    expect(others.exitCode).toBe(0);
  });

  it("has no question answered by that person", async () => {
    const asks = [askStep("ask"), setLevel("louder", "debug", { after: ["ask"], when: "ask == 'approved'" })];
    site.write("asks.json", wireProposal(asks));
    await site.runAs(alice, "plan", "asks.json", "--as", "bob");
    await site.runAs(alice, "approve", "last", "--target", "config.log_level config/app", "--as", "olivia");
    const applying = site.runAs(alice, "apply");
    const isAsked = () => site.events().some(({ kind }) => kind === "approval_asked");
    await expect.poll(isAsked, { timeout: 10_000 }).toBe(true);
    const words = ["answer", "last", "ask", "--as", "approved", "--yes", "--json"];
    const answer = (key: string) => site.runAs(alice, ...words, "--key", key);

    expect(refusedWith(await answer("alice"))).toEqual(["E_APPROVAL_SELF"]);
    expect((await answer("olivia")).exitCode).toBe(0);
    expect((await applying).exitCode).toBe(0);
  });
});

it("nobody says that a proposal of their own is a way back, to which invariants do not apply", async () => {
  const refused = await site.run("plan", proposal, "--proposer-kind", "recovery", "--json");

  expect(refusedWith(refused)).toEqual(["E_USAGE"]);
});

function hashOf(): string {
  return site.events().flatMap((event) => (event.kind === "plan_recorded" ? [event.planHash] : []))[0] ?? "";
}
