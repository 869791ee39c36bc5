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

describe("a step that fails", () => {
  beforeEach(async () => {
    site.remove();
    site = await createGatedSite();
  });

  it("has what was done before it undone in reverse order: exit 20, and the file is as it was", async () => {
    const before = site.read("conf/app.json");
    await planAndApprove(site, failsAtLast);
    setGate(site, "closed");

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

  it("before anything was written ends escalated: exit 14, nothing to undo, and `explain` says why", async () => {
    await planAndApprove(site, wireProposal([throughGate("alone"), setLevel("louder", "debug", { after: ["alone"] })]));
    setGate(site, "closed");

    const { exitCode, out } = await site.run("apply", "--json");
    const explained = await site.run("explain");

    expect(exitCode).toBe(14);
    expect(JSON.parse(out)).toMatchObject({ phase: "ended", outcome: "escalated", wrote: [], exitCode: 14 });
    expect(site.events().filter(({ kind }) => kind === "compensation_started")).toEqual([]);
    expect(explained.out).toMatch(/^stopped at \S+ on \S+ \(alone\): E_STEP_PRECONDITION /m);
    expect(explained.out).not.toContain("as predicted");
  });

  it("and cannot be undone leaves the run dirty, locked and owned: exit 21, until a person settles it", async () => {
    await planAndApprove(
      site,
      wireProposal([
        setLevel("louder", "debug"),
        askStep("ask", { after: ["louder"] }),
        throughGate("alone", { after: ["ask"], when: "ask == 'approved'" }),
      ]),
    );
    const applying = site.run("apply", "--json");
    await expect.poll(() => site.events().some(({ kind }) => kind === "approval_asked")).toBe(true);
    site.edit("conf/app.json", '"debug"', '"warn"');
    setGate(site, "closed");
    await site.run("answer", "last", "ask", "--as", "approved");

    const { exitCode, out } = await applying;
    const view = JSON.parse(out) as View;
    const { runId } = view;

    expect([exitCode, view.exitCode]).toEqual([21, 21]);
    expect(view).toMatchObject({ phase: "dirty", waitingFor: [{ kind: "person", owner: "alice", stepId: "louder" }] });
    expect((await site.run("runs", "--state", "dirty", "--json")).out).toContain(runId);
    expect((await site.run("locks")).out).toContain(`config/app  held by ${runId}  dirty`);
    // What is said is read back: while the file is as somebody else left it, nobody is believed.
    const refuted = await site.run("resolve", runId, "louder", "--as", "restored", "--reason", "put back by hand");
    expect([refuted.exitCode, `${refuted.err}${refuted.out}`]).toEqual([
      21,
      expect.stringContaining("`olivia` says that `louder` was put"),
    ]);
    site.edit("conf/app.json", '"warn"', '"info"');
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
    await applying.shown("a question (ask) for a person: the proposer says “go on after ask?”");
    await applying.shown(
      /answer: interlock answer run_\S+ ask --as approved, or interlock answer run_\S+ ask --as rejected/,
    );

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
