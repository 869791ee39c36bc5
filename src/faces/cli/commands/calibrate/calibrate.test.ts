import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawIncidents, pump, toLines } from "../../../../core/belief/calibrate/incidents.fixture.ts";
import { openInterlock } from "../../../../interlock.ts";
import { readSituation } from "../../../../packs/read-situation.ts";
import { recordedContext } from "../../context.fixture.ts";
import { main } from "../../main.ts";
import { calibrateCommand, type Given } from "./command.ts";

const door = await openInterlock({ config: null });
if (!door.ok) throw new Error("the door does not open");
const interlock = door.value;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "calibrate-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The pump as a person would write it, with a comment worth keeping. */
const pumpYaml = `# our pump, measured in 2019
format: interlock.situation/1
id: pump
catastropheUtility: -100
limit: 0.02
horizon: 1
contexts:
  - { id: CLOGGED, prior: 0.6 } # the filter
  - { id: WORN, prior: 0.4 }
  - id: unknown
steps:
  - id: listen
    kind: probe
    cost: 0.5
    outcomes: [hum, rattle]
    likelihood: { CLOGGED: [0.8, 0.2], WORN: [0.3, 0.7] } # by ear
responses:
  - { id: flush, utility: { CLOGGED: 10, WORN: -5 }, catastrophe: { WORN: 0.1 } }
  - { id: replace, utility: { CLOGGED: 0, WORN: 8 } }
  - { id: call, kind: escalate, utility: 1 }
`;

function place(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const typed: Given = { json: true, asUnknown: [], opinionWeight: 10, minIncidents: 20, mass: 0.9 };

async function calibrate(
  lines: readonly string[],
  given: Partial<Given> = {},
  files: { readonly situation?: string; readonly incidents?: string } = {},
) {
  const context = recordedContext();
  const incidents = place("incidents.jsonl", `${lines.join("\n")}\n`);
  const inputs = { incidents, situation: place("pump.yaml", pumpYaml), ...files };
  const exitCode = await calibrateCommand(context, interlock, inputs, { ...typed, ...given });
  return { exitCode, ...context.printed };
}

describe("interlock calibrate", () => {
  it("prints one document that begins with its format: what was read, learnt, scored and decided", async () => {
    const { exitCode, out } = await calibrate(toLines(drawIncidents(pump(), 300, 8)));
    const printed = JSON.parse(out) as {
      readonly format: string;
      readonly incidentCount: number;
      readonly decision: { readonly credible: { readonly risk: { readonly high: number; readonly mean: number } } };
    };

    expect(exitCode).toBe(0);
    expect(out.startsWith('{\n  "format": "interlock.calibration/1"')).toBe(true);
    expect(printed).toMatchObject({
      incidentCount: 300,
      rejectedCount: 0,
      scores: { declared: { forecastCount: 300 }, learnt: { forecastCount: 300 } },
    });
    expect(printed.decision.credible.risk.high).toBeGreaterThanOrEqual(printed.decision.credible.risk.mean);
  });

  it("the situation written is read back with its counts and opinion, and keeps its comments", async () => {
    const outPath = join(folder, "out.yaml");
    await calibrate(toLines(drawIncidents(pump(), 300, 8)), { out: outPath });

    const text = readFileSync(outPath, "utf8");
    const file = readSituation(readFileSync(outPath));

    expect(text).toContain("# our pump, measured in 2019");
    expect(text).toMatch(/CLOGGED: \{counts: \[\d+, \d+\], opinion: \[8, 2\], source: 300 closed incidents\}/);
    expect(file.ok && file.value.situation.sources.map((source) => source.kind)).toEqual([
      "counts",
      "counts",
      "counts",
    ]);
    expect(file.ok && file.value.withoutOpinion).not.toBeNull();
  });

  it("bad lines are reported with their numbers and counted, and the rest is learnt", async () => {
    const lines = [...toLines(drawIncidents(pump(), 30, 8)), "{", '{"context":"MOON"}'];
    const json = await calibrate(lines);
    const text = await calibrate(lines, { json: false });

    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.out)).toMatchObject({
      incidentCount: 30,
      rejectedCount: 2,
      rejected: [{ lineNumber: 31 }, { lineNumber: 32 }],
    });
    expect(text.out).toContain("30 incidents read, 2 lines rejected");
    expect(text.out).toContain("line 31: E_JSON_INVALID");
    expect(text.out).toContain("line 32: E_");
  });

  it("asked to be strict, one bad line refuses the file and nothing is written", async () => {
    const outPath = join(folder, "out.yaml");
    const { exitCode, out } = await calibrate([...toLines(drawIncidents(pump(), 30, 8)), "{"], {
      strict: true,
      out: outPath,
    });

    expect(exitCode).toBe(10);
    expect(JSON.parse(out)).toMatchObject({ format: "interlock.refusal/1", problems: [{ code: "E_JSON_INVALID" }] });
    expect(() => readFileSync(outPath)).toThrow();
  });

  it("a file without an incident, a foreign card and a missing file are refused", async () => {
    const card = place(
      "card.json",
      JSON.stringify({
        id: "c",
        contexts: [{ id: "A", prior: 1 }],
        catastropheUtility: -1,
        maxCatastropheProbability: 0,
        maxSteps: 0,
        steps: [],
        commits: [{ id: "x", utility: 0 }],
      }),
    );

    expect((await calibrate([""])).exitCode).toBe(10);
    expect((await calibrate([], {}, { situation: card })).exitCode).toBe(10);
    expect((await calibrate([], {}, { incidents: join(folder, "missing.jsonl") })).exitCode).toBe(66);
  });

  it("the reliability diagram is a stand-alone SVG with one point for every bin that holds a claim", async () => {
    const chartPath = join(folder, "reliability.svg");
    const { out } = await calibrate(toLines(drawIncidents(pump(), 300, 8)), { chart: chartPath });
    const { scores } = JSON.parse(out) as {
      readonly scores: { readonly learnt: { readonly reliability: readonly { readonly count: number }[] } };
    };

    const svg = readFileSync(chartPath, "utf8");

    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[^]*<\/svg>\n$/);
    expect(svg.match(/<circle /g)).toHaveLength(scores.learnt.reliability.filter((row) => row.count > 0).length);
    expect(svg).not.toMatch(/<script|href=|url\(/);
  });

  it("the command line reaches it", async () => {
    const context = recordedContext();
    const incidents = place("incidents.jsonl", toLines(drawIncidents(pump(), 40, 8)).join("\n"));

    const exitCode = await main(["calibrate", incidents, "--situation", place("pump.yaml", pumpYaml)], () => context);

    expect(exitCode).toBe(0);
    expect(context.printed.out).toContain("40 incidents read, 0 lines rejected");
    expect(context.printed.out).toContain("nothing written");
  });
});
