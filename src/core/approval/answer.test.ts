import { describe, expect, it } from "vitest";
import { type AskedQuestion, questionDigest } from "../plan/show/leads-to.ts";
import { planOf, testDigest } from "../run/fixtures/plan.fixture.ts";
import { answerStatement, checkAnswer, readAnswerStatement, type SignedAnswer } from "./answer.ts";

const here = { path: "/site/.interlock", file: "4711" };
const question: AskedQuestion = {
  stepId: "q",
  question: "go on?",
  leadsTo: [
    { answer: "approved", steps: [{ id: "w", title: "box.set box/a", writes: true }] },
    { answer: "rejected", steps: [] },
    { answer: "expired", steps: [] },
  ],
};
const signed: SignedAnswer = {
  format: "interlock.answer/1",
  runId: "run_1",
  stepId: "q",
  planHash: testDigest("plan"),
  question: questionDigest(question),
  answer: "rejected",
  principal: { kind: "person", id: "bob", keyId: null },
  issuedAtMs: 1_000,
  expiresAtMs: 2_000,
  attended: true,
  solo: false,
  storeId: "st_1",
  place: here,
};

function codesOf(change: Partial<SignedAnswer>, solo = false): readonly string[] {
  return checkAnswer(
    { ...signed, ...change },
    {
      runId: "run_1",
      plan: planOf([{ id: "a" }], { environment: "production" }),
      planHash: testDigest("plan"),
      question,
      answer: "rejected",
      nowMs: 1_500,
      rules: { solo, validMsMax: 10_000 },
      store: { storeId: "st_1", place: here, madeAt: here },
    },
  ).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe("a signed answer", () => {
  it("counts for its question, in its run and its store", () => {
    expect(codesOf({})).toEqual([]);
  });

  it.each<[string, Partial<SignedAnswer>, string]>([
    ["another run", { runId: "run_2" }, "E_ANSWER_MISMATCH /runId"],
    ["another step", { stepId: "r" }, "E_ANSWER_MISMATCH /stepId"],
    ["another plan", { planHash: testDigest("other") }, "E_ANSWER_MISMATCH /planHash"],
    ["the opposite word", { answer: "approved" }, "E_ANSWER_MISMATCH /answer"],
    [
      "answers that lead elsewhere",
      { question: questionDigest({ ...question, leadsTo: question.leadsTo.toReversed() }) },
      "E_ANSWER_MISMATCH /question",
    ],
    ["another time", { expiresAtMs: 1_500 }, "E_APPROVAL_EXPIRED /expiresAtMs"],
    ["longer than the site allows", { expiresAtMs: 90_000 }, "E_APPROVAL_EXPIRED /expiresAtMs"],
    ["an agent", { principal: { kind: "agent", id: "bot", keyId: null } }, "E_APPROVAL_CHANNEL /principal/kind"],
    ["the proposer", { principal: { kind: "person", id: "test", keyId: null } }, "E_APPROVAL_SELF /principal/id"],
    ["a key that anybody can use", { attended: false }, "E_APPROVAL_UNATTENDED /attended"],
    ["another store", { storeId: "st_2" }, "E_APPROVAL_STORE /storeId"],
  ])("does not count for %s", (_, change, expected) => {
    expect(codesOf(change)).toEqual([expected]);
  });

  it("may be the proposer's own where site and answer both say solo", () => {
    expect(codesOf({ principal: { kind: "person", id: "test", keyId: null }, solo: true }, true)).toEqual([]);
  });

  it("is read from its statement as it was signed, and from no other", () => {
    const statement = JSON.parse(JSON.stringify(answerStatement(signed)));

    expect(readAnswerStatement(statement)).toEqual({ ok: true, value: signed });
    expect(readAnswerStatement({ ...statement, predicateType: "interlock.approval/3" }).ok).toBe(false);
    expect(readAnswerStatement({ ...statement, predicate: { ...signed, planHash: testDigest("other") } }).ok).toBe(
      false,
    );
    expect(readAnswerStatement({ ...statement, predicate: { ...signed, also: true } }).ok).toBe(false);
  });
});
