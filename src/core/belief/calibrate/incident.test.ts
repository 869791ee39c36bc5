import { describe, expect, it } from "vitest";
import { describeRejectedLine, readIncidents } from "./incident.ts";
import { drawIncidents, pump, toLines } from "./incidents.fixture.ts";

const good =
  '{"context":"WORN","observations":{"listen":"rattle"},"response":"replace","utility":7,"catastrophe":false}';

function read(lines: readonly string[], asUnknown: readonly string[] = []) {
  return readIncidents(lines, pump(), { asUnknown });
}

describe("readIncidents", () => {
  it("what was written is read back, with its line number", () => {
    const incidents = drawIncidents(pump(), 50, 3);

    expect(read(toLines(incidents)).incidents).toEqual(incidents);
  });

  it("the format may head the file or stand on a line, and carriage returns do not matter", () => {
    const tagged = good.replace("{", '{"format":"interlock.incident/1",');

    expect(
      read(['{"format":"interlock.incident/1"}', good, `${tagged}\r`, "", "  "]).incidents.map((one) => one.lineNumber),
    ).toEqual([2, 3]);
  });

  it("every bad line is rejected with its number and every reason, and the good ones are kept", () => {
    const lines = [
      good,
      "not json",
      good.replace("WORN", "MOON"),
      good.replace("rattle", "ratle"),
      good.replace("listen", "look"),
      good.replace('"utility":7', '"utility":"7"').replace("false", "0"),
      good.replace('"response":"replace",', ""),
      good.replace("{", '{"extra":1,'),
      good.replace("{", '{"format":"interlock.incident/2",'),
      good.replace("}", '},"context":"WORN"'),
    ];

    const { incidents, rejected } = read(lines);

    expect(incidents).toHaveLength(1);
    expect(rejected.map(({ lineNumber, problems }) => [lineNumber, problems.map((one) => one.code)])).toEqual([
      [2, ["E_JSON_INVALID"]],
      [3, ["E_INCIDENT_INVALID"]],
      [4, ["E_INCIDENT_INVALID"]],
      [5, ["E_INCIDENT_INVALID"]],
      [6, ["E_SCHEMA", "E_SCHEMA"]],
      [7, ["E_SCHEMA_MISSING_FIELD"]],
      [8, ["E_SCHEMA_UNKNOWN_FIELD"]],
      [9, ["E_SCHEMA_VERSION"]],
      [10, ["E_JSON_DUPLICATE_KEY"]],
    ]);
    expect(describeRejectedLine(rejected[2] ?? { lineNumber: 0, problems: [] })).toBe(
      "line 4: E_INCIDENT_INVALID /observations/listen: the situation has no outcome `ratle`",
    );
  });

  it("another system's lines may hold numbers that no double holds, but not where they are read", () => {
    const line = (more: string): string =>
      '{"format":"some-lab.incident/1","context":"WORN","observations":{},"response":"wait","catastrophe":false,' +
      `${more}}`;

    const { incidents, rejected } = read([
      line('"utility":-3,"startedNs":1785000000123456789'),
      line('"utility":1785000000123456789'),
      line('"utility":-3,"utility":3'),
      line('"utility":-3').replace("some-lab", "interlock").replace("}}", '},"id":1e999}'),
    ]);

    expect(incidents.map(({ lineNumber }) => lineNumber)).toEqual([1]);
    expect(rejected.map(({ lineNumber }) => lineNumber)).toEqual([2, 3, 4]);
  });

  it("another system's lines may hold more; what the situation does not have is left out and counted", () => {
    const foreign =
      '{"format":"some-lab.incident/1","seed":1,"context":"WORN","observations":{"listen":"hum","smell":"oil"},' +
      '"response":"wait","utility":-3,"catastrophe":false}';

    const { incidents, rejected, ignored } = read([foreign, foreign]);

    expect(rejected).toEqual([]);
    expect(incidents[0]).toEqual({
      lineNumber: 1,
      context: "WORN",
      observations: [{ step: "listen", outcome: "hum" }],
      response: null,
      utility: -3,
      catastrophe: false,
    });
    expect(ignored).toEqual([
      { kind: "probe", name: "smell", count: 2 },
      { kind: "response", name: "wait", count: 2 },
    ]);
  });

  it("a context the situation does not name counts as `unknown` only when that was asked for by name", () => {
    const moon = good.replace("WORN", "MOON");

    expect(read([moon]).rejected).toHaveLength(1);
    const { incidents, asUnknownCount } = read([moon, good], ["MOON"]);
    expect(incidents.map((one) => one.context)).toEqual(["unknown", "WORN"]);
    expect(asUnknownCount).toBe(1);
  });

  it("no answer and none of these are answers a probe may have given", () => {
    expect(read([good.replace("rattle", "no_answer"), good.replace("rattle", "none_of_these")]).rejected).toEqual([]);
  });
});
