import type { Plan } from "../plan/plan.ts";
import { type AskedQuestion, questionDigest } from "../plan/show/leads-to.ts";
import { type Problem, problem } from "../value/codes.ts";
import type { Digest } from "../value/digest.ts";
import type { JsonValue } from "../value/json-value.ts";
import { fail, type Result } from "../value/result.ts";
import { anyJson, boolean, integer, listOf, oneOf, parseWith, text } from "../value/shape.ts";
import { documentOfType, object, objectOf } from "../value/shape-object.ts";
import { anyText, digestText, nullOr } from "../value/shape-stored.ts";
import { quote } from "../value/text.ts";
import type { Principal, StoreAddress } from "./approval.ts";
import { type ApprovalRules, isOwnProposal, isValidTooLong, ownPart } from "./check-approval.ts";
import { type CurrentStore, checkStore } from "./check-store.ts";

/** A person's answer to a question of one run, as that person signs it. */
export interface SignedAnswer {
  readonly format: "interlock.answer/1";
  readonly runId: string;
  readonly stepId: string;
  readonly planHash: Digest;
  /** Digest of the question and of everything that each answer to it leads to, as the person was shown it. */
  readonly question: Digest;
  readonly answer: "approved" | "rejected";
  readonly principal: Principal;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly attended: boolean;
  readonly solo: boolean;
  readonly storeId: string;
  readonly place: StoreAddress | null;
}

const timeMs = integer({ min: 0, max: 8.64e15 });

const answer = documentOfType<SignedAnswer>(["interlock.answer/1"], {
  runId: anyText(),
  stepId: anyText(),
  planHash: digestText(),
  question: digestText(),
  answer: oneOf(["approved", "rejected"]),
  principal: objectOf<Principal>({
    kind: oneOf(["person", "agent", "service"]),
    id: text(),
    keyId: nullOr(digestText()),
  }),
  issuedAtMs: timeMs,
  expiresAtMs: timeMs,
  attended: boolean(),
  solo: boolean(),
  storeId: anyText(),
  place: nullOr(objectOf<StoreAddress>({ path: anyText(), file: anyText() })),
});

/** Reads an answer, or says everything that is wrong with it. */
export function parseAnswer(value: JsonValue): Result<SignedAnswer, readonly Problem[]> {
  return parseWith(answer, value);
}

/** What the signature of an answer covers: an in-toto statement whose subject is the plan. */
export function answerStatement(predicate: SignedAnswer): object {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "plan", digest: { sha256: predicate.planHash.slice("sha256:".length) } }],
    predicateType: predicate.format,
    predicate,
  };
}

const statement = object({
  _type: oneOf(["https://in-toto.io/Statement/v1"]),
  subject: listOf(object({ name: text(), digest: object({ sha256: text({ charsMax: 64 }) }) }), {
    itemsMin: 1,
    itemsMax: 1,
  }),
  predicateType: oneOf(["interlock.answer/1"]),
  predicate: anyJson(),
});

/** The answer in a statement whose signature has been verified. */
export function readAnswerStatement(value: JsonValue): Result<SignedAnswer, Problem> {
  const outer = parseWith(statement, value);
  if (!outer.ok) return fail(outer.error[0] ?? unreadable());
  const predicate = parseAnswer(outer.value.predicate);
  if (!predicate.ok) return fail(predicate.error[0] ?? unreadable());
  const subject = outer.value.subject[0]?.digest.sha256;
  return subject === predicate.value.planHash.slice("sha256:".length) ? predicate : fail(unreadable());
}

/** What an answer is held against: the run and its question, the person's word, the rules, the time and the store. */
export interface AnswerCheck {
  readonly runId: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly question: AskedQuestion;
  readonly answer: "approved" | "rejected";
  readonly nowMs: number;
  readonly rules: ApprovalRules;
  readonly store: CurrentStore;
}

/**
 * Everything that keeps a signed answer from counting: another run, step or plan, another word, another meaning of the
 * answers, expired, the proposer's own without `solo`, unattended outside a lab, another store. The signature must be
 * verified already. The kernel takes one answer to each question.
 */
export function checkAnswer(signed: SignedAnswer, check: AnswerCheck): readonly Problem[] {
  const { plan, nowMs, rules } = check;
  const problems: Problem[] = [];
  const refuse = (pointer: string, message: string): void =>
    void problems.push(problem("E_ANSWER_MISMATCH", pointer, message));
  if (signed.runId !== check.runId) refuse("/runId", `the answer is for the run ${quote(signed.runId)}`);
  if (signed.stepId !== check.question.stepId) refuse("/stepId", `the answer is for the step ${quote(signed.stepId)}`);
  if (signed.planHash !== check.planHash) refuse("/planHash", "the answer is for another plan");
  if (signed.answer !== check.answer) refuse("/answer", `${quote(signed.answer)} was signed, and not this answer`);
  const leads = questionDigest(check.question);
  if (signed.question !== leads)
    refuse("/question", `what was shown has ${signed.question}, and what the answers lead to has ${leads}`);
  if (nowMs >= signed.expiresAtMs || isValidTooLong(signed, nowMs, rules))
    problems.push(problem("E_APPROVAL_EXPIRED", "/expiresAtMs", "the answer counts no longer, or for too long"));
  if (signed.principal.kind !== "person")
    problems.push(problem("E_APPROVAL_CHANNEL", "/principal/kind", "only a person answers"));
  if (isOwnProposal(signed.principal.id, plan) && !(rules.solo && signed.solo))
    problems.push(
      problem(
        "E_APPROVAL_SELF",
        "/principal/id",
        `${quote(signed.principal.id)} ${ownPart(signed.principal.id, plan)} and may not answer`,
      ),
    );
  if (!signed.attended && plan.domain.environment !== "lab")
    problems.push(
      problem("E_APPROVAL_UNATTENDED", "/attended", "an unattended key answers under `environment: lab` alone"),
    );
  return [...problems, ...checkStore(signed, check.store)];
}

function unreadable(): Problem {
  return problem("E_APPROVAL_SIGNATURE", "", "the signed answer cannot be read");
}
