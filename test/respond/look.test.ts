// How `respond` looks: everything that is cheap to see, side by side, and a probe without an answer costs that probe.
import { afterEach, beforeEach, expect, it } from "vitest";
import { breakLab, type FakeLab, startFakeLab } from "./fake-lab.fixture.ts";
import { approving, createRespondSite, type RespondSite } from "./respond-site.fixture.ts";

const probes = ["breaker", "deploy", "integrity", "locks", "nightly", "traffic"];

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

it("all probes are read at once, in one run, before anything is done", async () => {
  breakLab(lab, "LOAD");
  const asked = new Set<string>();
  let release: (value: unknown) => void = () => undefined;
  lab.onRequest = (path) => {
    const probe = /^\/v1\/probes\/(\w+)$/.exec(path)?.[1];
    // The objective asks for `integrity` too, before the look.
    if (probe === undefined || !probes.includes(probe) || probe === "integrity") return;
    // Nothing answers before everything was asked: one after another would never end.
    if (asked.size === 0) lab.gate = new Promise((resolve) => (release = resolve));
    asked.add(probe);
    if (asked.size === probes.length - 1) release(null);
  };

  const { err, report } = await site.respond("--observe");

  expect(asked.size).toBe(probes.length - 1);
  expect(report?.observations.map(({ step }) => step).sort()).toEqual(probes);
  expect(report).toMatchObject({ outcome: "observed", chosen: { response: "scale_out" } });
  expect(report?.runIds).toHaveLength(1);
  // People read the names of the probes, and not names of ours.
  expect(err).toContain("probe.traffic (traffic) reads");
});

it("a probe without an answer costs that probe: the others are read, and decide", async () => {
  breakLab(lab, "LOAD");
  lab.failing.add("nightly");

  const { exitCode, report } = await site.respond(...approving);

  expect(report?.observations).toContainEqual({ step: "nightly", outcome: "no_answer" });
  expect(report?.observations).toHaveLength(probes.length);
  expect(report).toMatchObject({ outcome: "restored", chosen: { response: "scale_out" } });
  expect(exitCode).toBe(0);
});

it("where no probe answers, nothing is done: a person is called", async () => {
  breakLab(lab, "LOAD");
  for (const probe of probes) lab.failing.add(probe);

  const { exitCode, report } = await site.respond(...approving);

  expect(report).toMatchObject({ outcome: "escalated", world: "untouched" });
  expect(exitCode).toBe(14);
  expect(lab.actions).toEqual([]);
});

it("a recorder that stops after the write has nothing undone: it ends in doubt, and a person is called", async () => {
  breakLab(lab, "LOAD");
  // The write works, and nothing will ever show it.
  lab.onAction = () => void (lab.mode = "stale");

  const { exitCode, report } = await site.respond(...approving);

  expect(report).toMatchObject({ outcome: "waiting", world: "unknown", wrote: ["scale_out"] });
  expect(report?.reason).toContain("it is out of date: `/body/isStale` is true");
  expect(exitCode).toBe(22);
  expect(lab.actions).toHaveLength(1);
});
