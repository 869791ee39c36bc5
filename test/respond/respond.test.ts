// `interlock respond` as a whole, against a fake of the lab's HTTP API. Pack, engine and records are the real ones.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { actionDone, breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { alert, approving, createRespondSite, type RespondSite } from "./respond-site.fixture.ts";

let lab: FakeLab;
let site: RespondSite;

beforeEach(async () => {
  lab = await startFakeLab();
  site = await createRespondSite(lab);
});

afterEach(async () => {
  await lab.close();
  site.remove();
});

describe("an alert is answered", () => {
  const rights = [
    ["LOAD", "scale"],
    ["DB", "terminate_sessions"],
    ["BUG", "roll_back"],
    ["CIRCUIT", "restore_breaker"],
  ] as const;

  it.each(rights)("under %s by %s, once, and only after looking", async (fault, right) => {
    breakLab(lab, fault);

    const { exitCode, report } = await site.respond(...approving, "--proposal", "pack/proposals/average-plan.json");
    const verified = await site.run("log", "verify");

    expect(report).toMatchObject({
      outcome: "restored",
      world: "as_wanted",
      approvedBy: "demo-operator",
      waitingFor: [],
    });
    expect(exitCode).toBe(0);
    expect(lab.actions.map(({ kind }) => kind)).toEqual([right]);
    expect(report?.observations.length).toBeGreaterThan(0);
    expect(report?.proposed).toMatchObject({ kind: "scored", response: "scale_out" });
    expect(verified.exitCode).toBe(0);
    expect(site.events().map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["incident_opened", "incident_planned", "approval_recorded", "incident_closed"]),
    );
  });

  it("never as restored while rows are still applied twice", async () => {
    breakLab(lab, "BUG");
    // Latency recovers, but the counter does not: a fluent answer would call this fixed.
    lab.onAction = () => void (lab.readings.latency.goodShare = 1);

    const { exitCode, report } = await site.respond(...approving);

    expect(report?.outcome).not.toBe("restored");
    expect(exitCode).not.toBe(0);
    expect(lab.readings.integrity.duplicateRowsPerSecond).toBeGreaterThan(0);
    expect(site.events()).not.toContainEqual(
      expect.objectContaining({
        kind: "run_ended",
        outcome: "succeeded",
        wrote: expect.arrayContaining(["roll_back"]),
      }),
    );
  });

  it("never as restored when the post-condition breaks before it has held long enough", async () => {
    breakLab(lab, "LOAD");
    lab.onAction = (kind) => {
      lab.readings.latency.goodShare = kind === "scale" ? 1 : 0.2;
      setTimeout(() => void (lab.readings.latency.goodShare = 0.5), 100);
    };

    const { exitCode, report } = await site.respond(...approving);

    expect(report?.outcome).not.toBe("restored");
    expect(exitCode).toBeGreaterThanOrEqual(20);
  });

  it("only by deciding, with `--observe`", async () => {
    breakLab(lab, "DB");

    const { exitCode, report } = await site.respond("--observe");

    expect(report).toMatchObject({ outcome: "observed", world: "untouched", chosen: { response: "terminate_report" } });
    expect(exitCode).toBe(0);
    expect(lab.actions).toEqual([]);
  });

  it("with an end that says who proposed, decided, approved and executed", async () => {
    breakLab(lab, "LOAD");

    const { exitCode, err } = await site.run("respond", "alert.json", ...approving);

    expect(exitCode).toBe(0);
    expect(err).toMatch(/^proposed by {2}search .*: a text, no more$/m);
    expect(err).toMatch(/^decided by {3}the arithmetic of situation \w+$/m);
    expect(err).toMatch(/^approved by {2}demo-operator UNATTENDED$/m);
    expect(err).toMatch(/^executed by {2}this program, over lab \(http, token .*\)$/m);
    expect(err).toMatch(/^times {8}/m);
  });

  it("with no change when nobody approves: 11, untouched", async () => {
    breakLab(lab, "CIRCUIT");

    const { exitCode, report, err } = await site.respond("--yes");

    expect(report).toMatchObject({ outcome: "not_approved", world: "untouched", code: "E_APPROVAL_TARGET" });
    expect(exitCode).toBe(11);
    expect(lab.actions).toEqual([]);
    expect(report?.handover?.steps.map((step) => step.do)).toEqual(["show_plan", "approve_naming_targets", "apply"]);
    expect(err).toMatch(/to go on:\n.* show pl_.*\n.* approve pl_.*--target.*\n.* apply pl_/);
  });
});

describe("an alert is handed to a person", () => {
  it("when a probe gives an unforeseen answer, with what was seen and believed, and a plan to approve", async () => {
    lab.stopped.add("traffic");

    const { exitCode, report, err } = await site.respond(...approving);
    const next = report?.handover?.next?.planHash ?? "";
    const shown = await site.run("show", `pl_${next.slice(7, 19)}`);

    expect(report).toMatchObject({ outcome: "escalated", world: "untouched" });
    expect(exitCode).toBe(14);
    expect(lab.actions).toEqual([]);
    for (const said of [
      "for the person who takes over",
      "believed:",
      "what could be done:",
      "next would be:",
      "interlock approve pl_",
    ])
      expect(err).toContain(said);
    expect(shown.exitCode).toBe(0);
  });

  it("when the lab cannot be read: escalated, with the reason, and nothing touched", async () => {
    lab.mode = "silent";

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "escalated", world: "untouched" });
    expect(report?.reason).not.toBe("");
    expect(report?.handover?.steps[0]).toEqual({ do: "explain", run: report?.runIds.at(-1) });
    expect(exitCode).toBeGreaterThanOrEqual(10);
    expect(exitCode).toBeLessThan(20);
  });

  it("when the lab stops after the write: it waits for a person with the reason, never success: 22", async () => {
    breakLab(lab, "DB");
    lab.onAction = () => void (lab.mode = "silent");

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({
      outcome: "waiting",
      world: "unknown",
      wrote: ["terminate_report"],
      waitingFor: [{ stepId: "terminate_report", owner: "demo-operator" }],
    });
    expect(report?.reason).toContain("cannot be read");
    expect(exitCode).toBe(22);
    expect(report?.handover?.steps[0]).toEqual({ do: "explain", run: report?.runIds.at(-1) });
  });
});

describe("one incident at a time", () => {
  it("an alert that is resolved already is nothing to answer", async () => {
    writeFileSync(
      join(site.folder, "alert.json"),
      JSON.stringify({ ...alert, status: "resolved", alerts: [{ ...alert.alerts[0], status: "resolved" }] }),
    );

    const { exitCode, report } = await site.respond(...approving);

    expect(exitCode).toBe(0);
    expect(report?.outcome).toBe("cancelled");
    expect(site.events().some(({ kind }) => kind === "incident_opened")).toBe(false);
  });

  it("an alert that resolves while it is looked at calls off what has not started: 0, untouched", async () => {
    breakLab(lab, "DB");
    const post = (body: object): Promise<Response> =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    let goOn: (value: unknown) => void = () => undefined;
    lab.gate = new Promise((resolve) => (goOn = resolve));
    const asked = new Promise<void>((resolve) => (lab.onRequest = () => resolve()));
    const { ended, shown } = site.start("respond", "--webhook", "0", ...approving, "--json");
    const url = (await shown(/waiting for an alert at (\S+)/))[1] ?? "";
    const taken = await post(alert);
    await asked;

    const another = await post({
      ...alert,
      groupKey: "another",
      status: "resolved",
      alerts: [{ ...alert.alerts[0], status: "resolved" }],
    });
    const half = connect(Number(new URL(url).port), "127.0.0.1");
    half.on("error", () => undefined);
    half.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{", () => half.resetAndDestroy());
    await new Promise((resolve) => half.once("close", resolve));
    const disk = await post({ ...alert, groupKey: "disk" });
    // One of two alerts is over, so the group fires on.
    const partly = await post({
      ...alert,
      alerts: [{ ...alert.alerts[0], status: "resolved" }, alert.alerts[0]],
    });
    const resolved = await post({ ...alert, status: "resolved", alerts: [{ ...alert.alerts[0], status: "resolved" }] });
    goOn(null);
    const { exitCode, out } = await ended;

    expect([taken, another, disk, partly, resolved].map(({ status }) => status)).toEqual([202, 202, 503, 202, 202]);
    expect(JSON.parse(out)).toMatchObject({
      outcome: "cancelled",
      world: "untouched",
      reason: expect.stringContaining("resolved"),
    });
    expect(exitCode).toBe(0);
    expect(lab.actions).toEqual([]);
  });

  it("an alert that resolves while its response runs stops nothing: the run goes on to its verified end", async () => {
    breakLab(lab, "DB");
    const acted = actionDone(lab);
    const { ended, shown } = site.start("respond", "--webhook", "0", ...approving, "--json");
    const url = (await shown(/waiting for an alert at (\S+)/))[1] ?? "";
    const post = (body: object): Promise<Response> =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    await post(alert);
    await acted;

    await post({ ...alert, status: "resolved", alerts: [{ ...alert.alerts[0], status: "resolved" }] });
    const { exitCode, out } = await ended;

    expect(JSON.parse(out)).toMatchObject({ outcome: "restored" });
    expect(exitCode).toBe(0);
  });

  it("a repeat of an alert that is being answered is told which run answers it: 13", async () => {
    breakLab(lab, "DB");
    const acted = actionDone(lab);
    // The post-condition does not hold yet when the second alert comes in.
    const first = site.respond(...approving);
    await acted;

    const second = await site.respond(...approving);

    expect(second.exitCode).toBe(13);
    expect(second.out).toContain("E_INCIDENT_OPEN");
    expect(second.out).toMatch(/"do": "watch",\s+"run": "run_/);
    expect((await first).report?.outcome).toBe("restored");
    expect(lab.actions).toHaveLength(1);
  });

  it("kill -9 in the middle, then resume: the run ends, its effect happened once, the incident is closed", async () => {
    breakLab(lab, "DB");
    const acted = actionDone(lab);
    const { child, ended } = site.start("respond", "alert.json", ...approving, "--json");
    await acted;
    child.kill("SIGKILL");
    await ended;
    const again = await site.respond(...approving);

    const resumed = await site.run("resume");

    expect(again.exitCode).toBe(13);
    expect(again.out).toMatch(/"do": "resume",\s+"run": "run_/);
    expect(resumed.err).toMatch(/inc_\S+ closed: restored/);
    expect(resumed.exitCode).toBe(0);
    expect(lab.actions).toHaveLength(1);
    const closed = site.events().filter((event) => event.kind === "incident_closed");
    expect(closed).toMatchObject([{ outcome: "restored", report: expect.stringMatching(/^sha256:/) }]);
    expect((await site.respond(...approving)).exitCode).not.toBe(13);
  });

  it("Ctrl-C before the run calls it off: 130, untouched", async () => {
    breakLab(lab, "DB");
    const { child, ended } = site.start("respond", "alert.json", ...approving, "--json");
    lab.onRequest = () => {
      lab.onRequest = () => undefined;
      child.kill("SIGINT");
    };

    const { exitCode, out } = await ended;

    expect(exitCode).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ outcome: "cancelled", world: "untouched" });
    expect(lab.actions).toEqual([]);
  });

  it("Ctrl-C during the run stops it after what is in flight, and says what was written: 24", async () => {
    breakLab(lab, "DB");
    const acted = actionDone(lab);
    const { child, ended } = site.start("respond", "alert.json", ...approving, "--json");
    await acted;
    child.kill("SIGINT");

    const { exitCode, out } = await ended;

    expect(JSON.parse(out)).toMatchObject({ outcome: "stopped", world: "listed" });
    expect(exitCode).toBe(24);
  });
});

describe("a grant", () => {
  it("that covers the response asks nobody, and its report says so", async () => {
    breakLab(lab, "DB");
    const granted = await site.run(
      "grant",
      "--actions",
      "sessions.terminate_report",
      "--targets",
      "service/shop",
      "--writes",
      "1",
      "--irreversible",
      "--yes",
      "--json",
    );

    const { exitCode, report } = await site.respond();

    expect(granted.exitCode).toBe(0);
    expect(report).toMatchObject({ outcome: "restored", approvedBy: expect.stringMatching(/^grant /) });
    expect(exitCode).toBe(0);
    expect(site.events().some(({ kind }) => kind === "approval_recorded")).toBe(false);
  });
});
