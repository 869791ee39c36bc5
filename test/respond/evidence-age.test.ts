// Evidence has an age: what is too old to write by is read again, and the decision is repeated.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { approving, changeSituation, createRespondSite, type RespondSite } from "./respond-site.fixture.ts";

let lab: FakeLab;
let site: RespondSite;

beforeEach(async () => {
  lab = await startFakeLab();
  site = await createRespondSite(lab);
  breakLab(lab, "LOAD");
});

afterEach(async () => {
  await lab.close();
  site.remove();
});

/** Every answer is out of date a millisecond after it was asked for, or after the time that is given. */
function ageAnswers(freshFor = "1ms"): Promise<void> {
  return changeSituation(site, (text) => text.replaceAll("kind: probe\n", `kind: probe\n    freshFor: ${freshFor}\n`));
}

/** Another fault takes the place of the first once somebody has approved. */
function turnOnApproval(): void {
  lab.onRequest = () => {
    if (!site.events().some(({ kind }) => kind === "approval_recorded")) return;
    lab.onRequest = () => undefined;
    lab.readings.traffic.offeredPerSecond = 30;
    breakLab(lab, "DB");
  };
}

const looksIn = (): number => site.events().filter(({ kind }) => kind === "incident_evidence").length;

describe("right before the first write", () => {
  it("answers that are out of date are read again, and the same decision is carried out", async () => {
    await ageAnswers();

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "restored", chosen: { response: "scale_out" } });
    expect(exitCode).toBe(0);
    expect(report?.runIds).toHaveLength(3);
    expect(looksIn()).toBe(2);
  });

  it("another act makes the plan stale: 12, untouched, with the answers that changed and the plan that is next", async () => {
    await ageAnswers();
    turnOnApproval();

    const { exitCode, report } = await site.respond(...approving);

    expect(report).toMatchObject({ outcome: "escalated", world: "untouched", code: "E_EVIDENCE_CHANGED" });
    expect(exitCode).toBe(12);
    expect(lab.actions).toEqual([]);
    expect(report?.reason).toContain("`locks` answers `contention` now, and answered `clean` before");
    expect(report?.reason).toContain("decided now: `terminate_report`");
    expect(report?.handover?.next).toMatchObject({ response: "terminate_report", keepsLimit: true });
  });

  it("an answer that stands for long enough is not read again", async () => {
    await ageAnswers("1h");
    turnOnApproval();

    const { report } = await site.respond(...approving);

    expect(report?.runIds).toHaveLength(2);
    expect(lab.actions[0]).toMatchObject({ kind: "scale" });
  });
});

describe("when a plan is applied that was handed over", () => {
  async function handedOver(): Promise<string> {
    const { report } = await site.respond("--yes");
    expect(report).toMatchObject({ outcome: "not_approved" });
    const plan = `pl_${report?.planHash?.slice(7, 19) ?? ""}`;
    const approved = await site.run("approve", plan, "--yes", "--target", "service.scale service/shop");
    expect(approved.err).toBe("");
    return plan;
  }

  it("it starts while the same would be decided", async () => {
    await ageAnswers();
    const plan = await handedOver();

    const { exitCode } = await site.run("apply", plan);

    expect(exitCode).toBe(0);
    expect(lab.actions.map(({ kind }) => kind)).toEqual(["scale"]);
    expect(looksIn()).toBe(2);
  });

  it("another act makes it stale: 12, untouched, and it says which answer changed", async () => {
    await ageAnswers();
    const plan = await handedOver();
    lab.readings.traffic.offeredPerSecond = 30;
    breakLab(lab, "DB");

    const { exitCode, err } = await site.run("apply", plan);

    expect(exitCode).toBe(12);
    expect(err).toContain("E_EVIDENCE_CHANGED");
    expect(err).toContain("`traffic` answers `normal` now, and answered `surge` before");
    expect(lab.actions).toEqual([]);
  });

  it("so do probes that no longer answer", async () => {
    await ageAnswers();
    const plan = await handedOver();
    for (const probe of ["traffic", "locks", "deploy", "breaker", "integrity", "nightly"]) lab.failing.add(probe);

    const { exitCode, err } = await site.run("apply", plan);

    expect([exitCode, lab.actions.length]).toEqual([12, 0]);
    expect(err).toContain("`traffic` answers `no_answer` now");
  });
});
