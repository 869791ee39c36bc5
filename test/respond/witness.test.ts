// Nothing to do is an answer, `restored` needs two witnesses, and an alert of something else goes to a person.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { actionDone, breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { alert, approving, changeSituation, createRespondSite, type RespondSite } from "./respond-site.fixture.ts";

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

function sendAlert(labels: object): void {
  const [first] = alert.alerts;
  writeFileSync(join(site.folder, "alert.json"), JSON.stringify({ ...alert, alerts: [{ ...first, labels }] }));
}

describe("an alert on a system that is well", () => {
  beforeEach(() => {
    lab.readings.latency.goodShare = 1;
  });

  it("ends as nothing to do where the second witness says the same, and nothing is looked at or written", async () => {
    const { exitCode, report, err } = await site.respond();

    expect(report).toMatchObject({ outcome: "nothing_to_do", world: "untouched", runIds: [], planHash: null });
    expect(report?.testimony?.map(({ by, says }) => [by, says])).toEqual([
      ["objective", "holds"],
      ["witness", "holds"],
    ]);
    expect(exitCode).toBe(0);
    expect(lab.actions).toEqual([]);
    expect(err).toContain("the objective holds already, and the second witness says the same");
    expect(site.events()).toContainEqual(
      expect.objectContaining({ kind: "incident_closed", outcome: "nothing_to_do" }),
    );
  });

  it("is disputed where the second witness says otherwise: 16, untouched", async () => {
    lab.alarm = "firing";

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "disputed", world: "untouched" });
    expect(report?.reason).toContain("`alarm.checkout.firing` is true");
    expect(exitCode).toBe(16);
    expect(lab.actions).toEqual([]);
  });

  it("asks nobody to approve what became needless while it looked", async () => {
    lab.readings.latency.goodShare = 0.2;
    lab.readings.traffic.offeredPerSecond = 85;
    lab.onRequest = (path) => {
      if (path.endsWith("/traffic")) lab.readings.latency.goodShare = 1;
    };

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "nothing_to_do", world: "untouched", approvedBy: null });
    expect(exitCode).toBe(0);
    expect(lab.actions).toEqual([]);
  });

  it("starts no run of what became needless while it was approved", async () => {
    breakLab(lab, "LOAD");
    lab.readings.latency.goodShare = 0.2;
    lab.onRequest = () => {
      const isApproved = site.events().some(({ kind }) => kind === "approval_recorded");
      if (isApproved) lab.readings.latency.goodShare = 1;
    };

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "nothing_to_do", world: "untouched", approvedBy: "demo-operator" });
    expect(exitCode).toBe(0);
    expect(lab.actions).toEqual([]);
  });

  it("is only observed as that, with `--observe`", async () => {
    const { exitCode, report } = await site.respond("--observe");

    expect([exitCode, report?.outcome]).toEqual([0, "nothing_to_do"]);
  });
});

describe("a response that was read back", () => {
  beforeEach(() => breakLab(lab, "LOAD"));

  it("is restored where the second witness says so a moment later", async () => {
    lab.alarm = "firing";
    const repair = lab.onAction;
    lab.onAction = (kind) => {
      repair(kind);
      setTimeout(() => void (lab.alarm = "inactive"), 500);
    };

    const { exitCode, report, err } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "restored", world: "as_wanted" });
    expect(exitCode).toBe(0);
    expect(err).toMatch(/wait for the second witness, at most 1 s: .*alarm\.checkout\.firing/);
  });

  it("is disputed while the alert still fires: 29, with what was written and what contradicts it", async () => {
    lab.alarm = "firing";

    const { exitCode, report, err } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "disputed", world: "listed", wrote: ["scale_out"] });
    expect(report?.reason).toBe(
      "every post-condition was read back, but the second witness says otherwise: " + "`alarm.checkout.firing` is true",
    );
    expect(exitCode).toBe(29);
    expect(err).toContain("written already");
  });
});

describe("an alert of something else", () => {
  it.each([
    ["another name", { alertname: "DiskWillFillIn4Hours", service: "checkout" }],
    ["a name that only begins alike", { alertname: "CheckoutLatencyBudget", service: "checkout" }],
    ["no label at all", {}],
  ])("with %s goes to a person unread: 14", async (_, labels) => {
    sendAlert(labels);
    const asked: string[] = [];
    lab.onRequest = (path) => void asked.push(path);

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "escalated", world: "untouched", code: "E_ALERT_FOREIGN" });
    expect(report?.reason).toContain("answers `alertname=CheckoutLatency`");
    expect(exitCode).toBe(14);
    expect(asked).toEqual([]);
  });
});

it("an alert of something else is observed like any other", async () => {
  breakLab(lab, "DB");
  sendAlert({ alertname: "DiskWillFillIn4Hours" });

  const { report } = await site.respond("--observe");

  expect(report).toMatchObject({ outcome: "observed", chosen: { response: "terminate_report" } });
});

describe("a situation without terms", () => {
  it.each([
    ["alerts", /^alerts: .*\n/m, "/alerts"],
    ["an objective", /^objective: .*\n/m, "/objective"],
    ["a second witness", /^witness: .*\n/m, "/witness"],
  ])("that lacks %s answers nothing, and says what to add", async (_, line, pointer) => {
    await changeSituation(site, (text) => text.replace(line, ""));

    const { exitCode, err } = await site.run("respond", "alert.json", ...approving);

    expect(exitCode).toBe(10);
    expect(err).toContain("E_SITUATION_TERMS");
    expect(err).toContain(pointer);
    expect(lab.actions).toEqual([]);
  });

  it("whose witness is the alert itself cannot answer one from a file", async () => {
    await changeSituation(site, (text) => text.replace(/^witness: .*\n/m, "witness: { alert: resolved }\n"));

    const { exitCode, err } = await site.run("respond", "alert.json");

    expect(exitCode).toBe(10);
    expect(err).toContain("by webhook");
  });

  it("may be observed all the same", async () => {
    breakLab(lab, "DB");
    await changeSituation(site, (text) => text.replace(/^(?:alerts|objective|witness): .*\n/gm, ""));

    const { report } = await site.respond("--observe");

    expect(report?.outcome).toBe("observed");
    expect(report).not.toHaveProperty("testimony");
  });

  it("that names a fact which the domain lacks is refused when it is checked", async () => {
    const file = "pack/situations/latency-spike.yaml";
    await changeSituation(site, (text) => text.replace(/^objective: .*\n/m, "objective: objective.checkout.fine\n"));

    const { exitCode, err } = await site.run("check", file, "--pack", "pack");

    expect(exitCode).toBe(10);
    expect(err).toContain("/objective");
  });
});

describe("the alert itself as the second witness", () => {
  const byAlert = (): Promise<void> =>
    changeSituation(site, (text) => text.replace(/^witness: .*\n/m, "witness: { alert: resolved, within: 1s }\n"));

  it.each([
    ["restored, once it is reported as resolved", true, "restored", 0],
    ["disputed, while nobody reports it so", false, "disputed", 29],
  ])("closes a response as %s", async (_, isReported, outcome, code) => {
    await byAlert();
    breakLab(lab, "LOAD");
    const acted = actionDone(lab);
    const { ended, shown } = site.start("respond", "--webhook", "0", ...approving, "--json");
    const url = (await shown(/waiting for an alert at (\S+)/))[1] ?? "";
    const post = (status: string): Promise<Response> =>
      fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...alert, status, alerts: [{ ...alert.alerts[0], status }] }),
      });
    await post("firing");
    await acted;
    if (isReported) await post("resolved");

    const { exitCode, out } = await ended;

    expect(JSON.parse(out)).toMatchObject({ outcome, wrote: ["scale_out"] });
    expect(exitCode).toBe(code);
  });
});

describe("an incident that another process closes", () => {
  it.each([
    ["restored where the second witness says so then", "by readings", "restored", 0],
    ["disputed where it does not", "firing", "disputed", 29],
  ] as const)("is %s", async (_, alarm, outcome, code) => {
    breakLab(lab, "LOAD");
    lab.alarm = "firing";
    const acted = actionDone(lab);
    const { child, ended } = site.start("respond", "alert.json", ...approving, "--json");
    await acted;
    child.kill("SIGKILL");
    await ended;
    lab.alarm = alarm;

    const resumed = await site.run("resume");

    expect(resumed.err).toMatch(new RegExp(`inc_\\S+ closed: ${outcome}`));
    expect(resumed.exitCode).toBe(code);
    expect(lab.actions).toHaveLength(1);
  });
});

it("is answered with no situation that the pack does not contain, before anything is recorded", async () => {
  const file = join(site.folder, "pack/situations/latency-spike.yaml");
  writeFileSync(join(site.folder, "mine.yaml"), readFileSync(file, "utf8").replace("limit: 0.02", "limit: 0.2"));

  const { exitCode, report, out } = await site.respond("--situation", "mine.yaml", ...approving);

  expect([exitCode, report]).toEqual([12, null]);
  expect(out).toContain("`latency-spike` as given is not in the pack");
  expect([lab.actions, site.events().some(({ kind }) => kind === "incident_opened")]).toEqual([[], false]);
});
