// Evidence has an age: what is too old to write by is read again, and the decision is repeated.
import { afterEach, beforeEach, expect, it } from "vitest";
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

/** Every answer is out of date a millisecond after it was asked for. */
function ageAnswers(): Promise<void> {
  return changeSituation(site, (text) => text.replaceAll("freshFor: 30s", "freshFor: 1ms"));
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

it("right before the first write: 12, untouched, with the answers that changed and the plan that is next", async () => {
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

it("when a plan is applied that was handed over: 12 while another act would be decided, else it starts", async () => {
  await ageAnswers();
  const { report } = await site.respond("--yes");
  const plan = `pl_${report?.planHash?.slice(7, 19) ?? ""}`;
  await site.run("approve", plan, "--yes", "--target", "service.scale service/shop");
  breakLab(lab, "DB");
  lab.readings.traffic.offeredPerSecond = 30;

  const stale = await site.run("apply", plan);

  expect(report).toMatchObject({ outcome: "not_approved" });
  expect(stale.exitCode).toBe(12);
  expect(stale.err).toContain("E_EVIDENCE_CHANGED");
  expect(stale.err).toContain("`traffic` answers `normal` now, and answered `surge` before");
  expect(lab.actions).toEqual([]);

  Object.assign(lab.readings, { locks: { waiterCountMean: 0 }, nightly: { sessionCount: 0 } });
  lab.readings.breaker.openShare = 0;
  breakLab(lab, "LOAD");

  const applied = await site.run("apply", plan);

  expect(applied.exitCode).toBe(0);
  expect(lab.actions.map(({ kind }) => kind)).toEqual(["scale"]);
});
