// A person tells an open incident what they have seen: it is recorded, and the decision is repeated with it.
import { afterEach, beforeEach, expect, it } from "vitest";
import { breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { approving, createRespondSite, type Printed, type RespondSite } from "./respond-site.fixture.ts";

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

/** The last incident, for the command. */
function incidentId(): string {
  const opened = site.events().findLast(({ kind }) => kind === "incident_opened");
  return opened?.kind === "incident_opened" ? opened.incidentId : "";
}

/** Runs once, as soon as the world is asked after `kind` was recorded; everything waits for it. */
function onceRecorded(kind: string, work: () => Promise<void>): void {
  lab.onRequest = () => {
    if (!site.events().some((event) => event.kind === kind)) return;
    lab.onRequest = () => undefined;
    lab.gate = work();
  };
}

it("counts as the answer of a probe, and is refused where it cannot count", async () => {
  lab.failing.add("nightly");
  const said: Record<string, Printed> = {};
  const say = async (name: string, ...argv: readonly string[]): Promise<void> => {
    said[name] = await site.run("observe", incidentId(), ...argv, "--json");
  };
  onceRecorded("incident_evidence", async () => {
    await say("probe", "moon=full");
    await say("outcome", "nightly=huge");
    await say("contradicting", "locks=contention");
    await say("known", "locks=clean");
    await say("new", "nightly=heavy");
  });

  const { exitCode, report } = await site.respond(...approving);
  await say("closed", "nightly=heavy");
  const unknown = await site.run("observe", "inc_none", "nightly=heavy", "--json");

  expect(Object.entries(said).map(([name, { exitCode: code }]) => [name, code])).toEqual([
    ["probe", 10],
    ["outcome", 10],
    ["contradicting", 16],
    ["known", 0],
    ["new", 0],
    ["closed", 64],
  ]);
  expect(said["contradicting"]?.out).toContain("E_EVIDENCE_CONTRADICTS");
  expect(said["contradicting"]?.out).toContain("but it was read as `clean`");
  expect(said["closed"]?.out).toContain("E_INCIDENT_CLOSED");
  expect([unknown.exitCode, unknown.out]).toEqual([66, expect.stringContaining("E_INCIDENT_UNKNOWN")]);
  expect(site.events().filter(({ kind }) => kind === "incident_told")).toMatchObject([
    { step: "nightly", outcome: "heavy", by: { id: "olivia" } },
  ]);
  expect(report?.observations).toContainEqual({ step: "nightly", outcome: "heavy" });
  // Nothing but a surge and a heavy report: no one cause explains both.
  expect(report).toMatchObject({ outcome: "escalated", world: "untouched" });
  expect(lab.actions).toEqual([]);
  expect(exitCode).toBe(12);
});
