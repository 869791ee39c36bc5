import { describe, expect, it } from "vitest";

import { FAULT_NAMES } from "../contract/faults.ts";
import { runResponse, runWaitTwin } from "../twin/responses.ts";
import { drawEpisode } from "./draw-episode.ts";
import { PANELS, roundUp } from "./panels.ts";

/** Tags that open and close in the order of well-formed XML; self-closing ones aside. */
function findUnbalancedTag(xml: string): string | undefined {
  const open: string[] = [];
  for (const [, slash, name, selfClosing] of xml.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (selfClosing === "/") continue;
    if (slash === "") open.push(name ?? "");
    else if (open.pop() !== name) return name;
  }
  return open.pop();
}

describe("a picture of an episode", () => {
  it.each(FAULT_NAMES)("is well-formed, under 16 KiB and free of numbers that are none, under %s", (fault) => {
    const svg = drawEpisode(runResponse(fault, 1, "scale_out"), runWaitTwin(fault, 1));

    expect(findUnbalancedTag(svg)).toBeUndefined();
    expect(svg.length).toBeLessThan(16_384);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("has a line for each panel, and one more for the wait twin", () => {
    const svg = drawEpisode(runResponse("LOAD", 1, "scale_out"), runWaitTwin("LOAD", 1));

    expect([
      svg.match(/class="line" d="M[\d.]+ [\d.]+L/g)?.length,
      svg.match(/class="wait" d="M[\d.]+ [\d.]+L/g)?.length,
    ]).toEqual([PANELS.length, PANELS.length]);
  });

  it("marks the act where it began: its share of the time from the first window to the last", () => {
    const episode = runResponse("LOAD", 1, "scale_out");
    const svg = drawEpisode(episode);

    const [, x] = /class="act" d="M([\d.]+) /.exec(svg) ?? [];
    const share = ((episode.actions[0]?.startedAtMs ?? 0) - 0) / 66_000;
    expect(Number(x)).toBeCloseTo(132 + share * (760 - 132 - 16), 0);
  });

  it("says in words what it shows", () => {
    const [, said = ""] = /<desc id="d">(.*)<\/desc>/.exec(drawEpisode(runResponse("BUG", 1, "wait"))) ?? [];

    expect(said).toMatch(
      /^version v2: .* nothing is done; at the end \d+ % of answers are good and [1-9]\d* rows are corrupted\.$/,
    );
  });

  it("has colours of its own for a dark page", () => {
    expect(drawEpisode(runResponse("LOAD", 1, "wait"))).toContain("@media (prefers-color-scheme:dark)");
  });
});

describe("an axis", () => {
  it.each([
    [0.3, 0.5],
    [1, 1],
    [1.01, 2],
    [20, 20],
    [21, 50],
    [600, 1_000],
  ])("for %d ends at %d", (value, end) => {
    expect(roundUp(value)).toBe(end);
  });
});
