// Two plans applied at the same time: the second runs in the process that owns the store, and its own process follows
// it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type E2eSite, refusedWith, type StartedCommand, waitStep, wireProposal } from "./e2e-site.fixture.ts";
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

/** Plans and approves a proposal. Returns the plan's hash. */
async function approved(proposal: string, ...targets: readonly string[]): Promise<string> {
  site.write("proposal.json", proposal);
  const planned = await site.run("plan", "proposal.json");
  const given = await site.run(
    "approve",
    "last",
    "--json",
    ...targets.flatMap((target) => ["--target", `lamp.set ${target}`]),
  );
  if (given.exitCode !== 0) throw new Error(planned.err + given.out + given.err);
  return (JSON.parse(given.out) as { readonly planHash: string }).planHash.slice(7);
}

/** Sets lamp one and waits, in a process of its own that owns the store meanwhile. */
async function startFirst(forMs: number): Promise<StartedCommand> {
  const hash = await approved(
    wireProposal([setLamp("one", "l1", 4), waitStep("pause", forMs, { after: ["one"] })]),
    "lamp/l1",
  );
  const first = site.start("apply", hash);
  await first.shown("(pause) begins");
  return first;
}

const outcomes = (): readonly string[] =>
  site.events().flatMap((event) => (event.kind === "run_ended" ? [event.outcome] : []));

describe("a plan that is applied while another runs", () => {
  it("runs beside it, is shown where it was asked for, and the owner stays until it rests", async () => {
    const second = await approved(
      wireProposal([setLamp("two", "l2", 7), waitStep("rest", 2_500, { after: ["two"] })]),
      "lamp/l2",
    );
    const first = await startFirst(1_500);

    const printed = await site.run("apply", second);
    const owner = await first.ended;

    expect([printed.exitCode, owner.exitCode, lamps.levels]).toEqual([0, 0, { l1: 4, l2: 7 }]);
    expect(printed.err).toContain("(two) done\n");
    expect(printed.out).toMatch(/^\S+ ✔ succeeded: .*\n$/);
    expect(owner.err).toMatch(/waits for run_\w+, which another process started/);
    expect(owner.err).not.toContain("(two) done");
    expect(site.events().filter(({ kind }) => kind === "engine_opened")).toHaveLength(
      new Set(site.events().flatMap((event) => (event.kind === "engine_opened" ? [event.epoch] : []))).size,
    );
    expect(outcomes()).toEqual(["succeeded", "succeeded"]);
  });

  it("comes back when only a person can settle it, although the run drains by then", async () => {
    const second = await approved(wireProposal([setLamp("two", "l2", 7)]), "lamp/l2");
    const first = await startFirst(60_000);
    lamps.next({ kind: "hang_up" });
    const following = site.start("apply", second);
    await following.shown("(two) is in doubt");
    const [firstId = "", runId = ""] = site
      .events()
      .flatMap((event) => (event.kind === "run_started" ? [event.runId] : []));
    const { sendControl } = await import("../../src/owner/control/client.ts");
    const by = { kind: "person", id: "olivia", keyId: null } as const;

    const stopped = await sendControl(`${site.folder}/.interlock/engine.sock`, { kind: "stop", runId, by, reason: "" });
    const followed = await following.ended;
    const again = await site.run("stop", runId);

    expect(stopped).toMatchObject({ ok: true });
    expect([followed.exitCode, again.exitCode]).toEqual([22, 0]);
    expect(followed.out).toContain("(two) waits for alice");
    await site.run("stop", firstId);
    await first.ended;
  });

  it("and takes one of its locks is refused, recorded, and keeps its approval", async () => {
    const same = await approved(
      wireProposal([setLamp("again", "l1", 4), setLamp("two", "l2", 7)]),
      "lamp/l1",
      "lamp/l2",
    );
    const first = await approved(
      wireProposal([waitStep("pause", 60_000), setLamp("one", "l1", 4, { after: ["pause"] })]),
      "lamp/l1",
    );
    const running = site.start("apply", first);
    await running.shown("(pause) begins");

    const refused = await site.run("apply", same, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_LOCKED"], 13]);
    expect(site.events()).toContainEqual(
      expect.objectContaining({
        kind: "input_refused",
        input: "start",
        problem: expect.objectContaining({ code: "E_LOCKED" }),
      }),
    );
    expect((await site.run("stop", "last")).exitCode).toBe(0);
    expect((await running.ended).exitCode).toBe(14);
    expect((await site.run("apply", same)).exitCode).toBe(0);
  });

  it("goes on in the process that asked for it when the owner is killed, and nothing is sent twice", async () => {
    const second = await approved(
      wireProposal([setLamp("two", "l2", 7), waitStep("rest", 3_000, { after: ["two"] })]),
      "lamp/l2",
    );
    const first = await startFirst(60_000);
    const following = site.start("apply", second, "--jsonl");
    await following.shown("wait_started");

    first.child.kill("SIGKILL");
    const followed = await following.ended;

    expect(followed.exitCode).toBe(0);
    expect(lamps.effects).toEqual(["l1=4", "l2=7"]);
    expect(outcomes()).toEqual(["succeeded"]);
    // Nobody has taken the other run over yet. Stopping it takes it over.
    const [left] = site.events().flatMap((event) => (event.kind === "run_started" ? [event.runId] : []));
    expect((await site.run("stop", left ?? "")).exitCode).toBe(24);
  });

  it("is not begun without an approval of its own, or by an agent", async () => {
    site.write("proposal.json", wireProposal([setLamp("two", "l2", 7)]));
    await site.run("plan", "proposal.json");
    const unapproved = (
      JSON.parse((await site.run("show", "last", "--json")).out) as { readonly planHash: string }
    ).planHash.slice(7);
    const first = await startFirst(60_000);
    const { sendControl } = await import("../../src/owner/control/client.ts");
    const socket = `${site.folder}/.interlock/engine.sock`;

    const refused = await site.run("apply", unapproved, "--json");
    const byAgent = await sendControl(socket, {
      kind: "apply",
      planHash: `sha256:${unapproved}` as never,
      by: { kind: "agent", id: "helper", keyId: null },
    });
    const unknown = await sendControl(socket, {
      kind: "apply",
      planHash: `sha256:${"0".repeat(64)}` as never,
      by: { kind: "person", id: "olivia", keyId: null },
    });
    await site.run("stop", "last");

    expect(refusedWith(refused)).toEqual([expect.stringMatching(/^E_APPROVAL_/)]);
    expect([byAgent, unknown]).toMatchObject([
      { error: { code: "E_NOT_PERMITTED" } },
      { error: { code: "E_PLAN_UNKNOWN" } },
    ]);
    expect(site.events().filter((event) => event.kind === "input_refused" && event.input === "apply")).toHaveLength(3);
    expect((await first.ended).exitCode).toBe(24);
    expect(lamps.levels).toEqual({ l1: 4, l2: 0 });
  });
});
