import { describe, expect, it } from "vitest";
import { pump } from "../calibrate/incidents.fixture.ts";
import { calibrateJudge, type JudgeQuestion } from "./judge.ts";
import { gradeJudge, parseJudge, parseJudgeAnswer } from "./judge-documents.ts";

const question: JudgeQuestion = { id: "noise", question: "Does the report mention grinding?", answers: ["yes", "no"] };

function graded(context: string, answer: string, change: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({
    context,
    record: {
      format: "interlock.judge-answer/1",
      answer: { kind: "answered", question: "noise", model: "m-1", promptDigest: "sha256:aa", answer, ...change },
      requestDigest: "x",
      replyDigest: "y",
      tokenCounts: null,
    },
  });
}

const silent = JSON.stringify({
  context: "WORN",
  record: {
    format: "interlock.judge-answer/1",
    answer: { kind: "no_answer", question: "noise", model: "m-1", promptDigest: "sha256:aa", reason: "timeout" },
  },
});

describe("gradeJudge", () => {
  it("counts answers per context, strays apart, silence not at all; the result is a judge that is calibrated", () => {
    const lines = [
      ...Array.from({ length: 12 }, () => graded("WORN", "yes")),
      graded("WORN", "perhaps"),
      silent,
      ...Array.from({ length: 10 }, () => graded("CLOGGED", "no")),
      "",
    ];

    const made = gradeJudge(question, lines, pump());

    if (!made.ok) throw new Error(JSON.stringify(made.error));
    expect(made.value.noAnswerCount).toBe(1);
    expect(made.value.document.calibration?.counts).toEqual([
      { context: "CLOGGED", answers: [0, 10, 0] },
      { context: "WORN", answers: [12, 0, 1] },
    ]);
    expect(parseJudge(JSON.parse(JSON.stringify(made.value.document)))).toEqual({
      ok: true,
      value: made.value.document,
    });
    expect(
      calibrateJudge(question, made.value.document.calibration, {
        contexts: pump().contexts,
        model: "m-1",
        promptDigest: "sha256:aa",
      }).ok,
    ).toBe(true);
  });

  it("lines of another model, wording, question or context are rejected with their numbers", () => {
    const lines = [
      graded("WORN", "yes"),
      graded("WORN", "yes", { model: "m-2" }),
      graded("WORN", "yes", { promptDigest: "sha256:bb" }),
      graded("WORN", "yes", { question: "smell" }),
      graded("MOON", "yes"),
      "{",
    ];

    const made = gradeJudge(question, lines, pump());

    expect(made.ok && made.value.rejected.map((one) => one.lineNumber)).toEqual([2, 3, 4, 5, 6]);
  });

  it("a file without one usable line measures nothing", () => {
    expect(gradeJudge(question, ["{"], pump()).ok).toBe(false);
  });
});

describe("parseJudgeAnswer", () => {
  it("a probability of the model's own making has no place in a record", () => {
    const record = {
      format: "interlock.judge-answer/1",
      answer: {
        kind: "answered",
        question: "noise",
        model: "m-1",
        promptDigest: "d",
        answer: "yes",
        probability: 0.99,
      },
    };

    const read = parseJudgeAnswer(record);

    expect(read.ok ? [] : read.error.map((one) => one.code)).toEqual(["E_SCHEMA_UNKNOWN_FIELD"]);
  });
});
