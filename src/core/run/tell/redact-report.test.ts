import { describe, expect, it } from "vitest";
import { Redactor } from "./redact-report.ts";

const redact = (value: Parameters<Redactor["redact"]>[0]): unknown => new Redactor().redact(value);

describe("a redacted document", () => {
  it("keeps the words of our formats, times and counts, and nothing else", () => {
    expect(
      redact({
        kind: "step_settled",
        code: "E_STEP_REJECTED",
        atMs: 12,
        seq: 3,
        level: 7,
        isDone: true,
        problem: null,
        summary: "the customer's name",
      }),
    ).toEqual({
      kind: "step_settled",
      code: "E_STEP_REJECTED",
      atMs: 12,
      seq: 3,
      level: "number",
      isDone: true,
      problem: null,
      summary: "text 1 (19)",
    });
  });

  it("keeps no text in the place of a word that is none", () => {
    expect(redact({ kind: "two words" })).toEqual({ kind: "text 1 (9)" });
  });

  it("gives the same text the same number, also as the name of a field and in a list", () => {
    expect(redact({ first: "secret-1", "secret-1": ["secret-1", "other"] })).toEqual({
      first: "text 1 (8)",
      "text 1 (8)": ["text 1 (8)", "text 2 (5)"],
    });
  });

  it("tells of a value of a fact, an argument or an answer only what kind it is", () => {
    expect(redact([{ value: null }, { value: [1, 2] }, { value: { a: 1 } }, { value: "x" }, { value: 5 }])).toEqual([
      { value: "null" },
      { value: "list of 2" },
      { value: "object of 1" },
      { value: "text 1 (1)" },
      { value: "number" },
    ]);
  });

  it("may be a bare text or number", () => {
    expect([redact("x"), redact(4), redact(true)]).toEqual(["text 1 (1)", "number", true]);
  });
});
