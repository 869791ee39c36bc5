// A read-back that failed is evidence: it is looked anew, and decided again.
import { afterEach, beforeEach, expect, it } from "vitest";
import { breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { approving, createRespondSite, type RespondSite } from "./respond-site.fixture.ts";

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

it("a second fault during the response is met by looking again, and by the response to that", async () => {
  breakLab(lab, "BUG");
  lab.onAction = (kind) => {
    if (kind !== "roll_back") return;
    // The release is the old one again, and by now there is a surge.
    Object.assign(lab.readings, { deploy: { ageSeconds: 9_000 }, integrity: { duplicateRowsPerSecond: 0 } });
    breakLab(lab, "LOAD");
  };

  const { exitCode, report, err } = await site.respond(...approving);

  expect(lab.actions.map(({ kind }) => kind)).toEqual(["roll_back", "scale"]);
  expect(report).toMatchObject({ outcome: "restored", wrote: ["roll_back", "scale_out"] });
  expect(report?.observations).toContainEqual({ step: "roll_back", outcome: "not_restored" });
  expect(err).toContain("roll_back was not read back");
  expect(exitCode).toBe(0);
});

it("where nothing else explains it, a person is told of what was written, and nothing is undone in vain", async () => {
  breakLab(lab, "LOAD");
  lab.onAction = () => undefined;

  const { exitCode, report } = await site.respond(...approving);

  expect(lab.actions.map(({ kind }) => kind)).toEqual(["scale"]);
  expect(report).toMatchObject({ outcome: "escalated", world: "listed", wrote: ["scale_out"] });
  expect(report?.reason).toContain("scale_out was written, and not read back");
  expect(report?.handover?.steps[0]).toEqual({ do: "explain", run: expect.stringMatching(/^run_/) });
  expect(exitCode).toBe(23);
});
