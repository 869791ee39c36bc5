// What people do to a run under way from other processes: stop it, kill it, and try to start it twice.
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
    await applying.shown("(pause) begins");

    applying.child.kill("SIGINT");
    const { exitCode, out, err } = await applying.ended;

    expect(err).toContain("stopping after what is in flight; Ctrl-C again leaves it as it stands");
    expect(out).toContain(
      "stopped: its process was interrupted at the terminal (SIGINT); written and not undone: louder",
    );
    expect(`${err}${out}`).not.toMatch(/says|operator/);
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

  it("is refused for a run that has ended, and recorded", async () => {
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
      expect.objectContaining({
        outcome: "stopped",
        reason: "killed by olivia, who says “smoke”",
        wrote: ["louder"],
      }),
    ]);
    expect(site.read("conf/app.json")).toContain('"debug"');
  });
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
