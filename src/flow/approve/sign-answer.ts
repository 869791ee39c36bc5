import { answerStatement, checkAnswer, parseAnswer, type SignedAnswer } from "../../core/approval/answer.ts";
import type { SignedEnvelope } from "../../core/approval/approval.ts";
import { isOwnProposal } from "../../core/approval/check-approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { type AnswerBrief, briefAnswers } from "../../core/plan/show/brief-steps.ts";
import { type AskedQuestion, questionDigest, questionOf } from "../../core/plan/show/leads-to.ts";
import { viewRun } from "../../core/run/tell/view.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { Signer } from "../../ports.ts";
import type { Site } from "../site/site.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";
import { namedStore } from "./named-store.ts";
import { findUnreadable, signKnown } from "./sign-known.ts";

/** A question of a run, as a person sees it before they answer. */
export interface ShownQuestion extends AskedQuestion {
  readonly leadsTo: readonly AnswerBrief[];
  readonly runId: string;
  readonly planHash: Digest;
  /** The answer that is about to be signed. */
  readonly answer: "approved" | "rejected";
  /** Until when somebody may answer; from then on the answer is `expired`. */
  readonly untilMs: number | null;
}

/** How a face asks a person: it shows the question with what each answer leads to, and finds the key to sign with. */
export interface Answerer {
  /** Called once, and only if the run asks. A problem means that the person did not answer. */
  hear(shown: ShownQuestion): Promise<Result<Signer, readonly Problem[]>>;
}

/** A person's word on a question of a run. */
interface AnswerWord {
  readonly runId: string;
  readonly step: string;
  readonly as: "approved" | "rejected";
}

/** Has a person sign an answer. An answer that could never count is not asked for. */
export async function signAnswer(
  place: Workplace,
  site: Site,
  word: AnswerWord,
  by: Signer | Answerer | undefined,
): Promise<Result<SignedEnvelope, readonly Problem[]>> {
  const { runId, step, as } = word;
  const asked = await withLog(place, (log) => findQuestion(log, word));
  if (!asked.ok) return asked;
  if (by === undefined)
    return fail([problem("E_ANSWER_UNSIGNED", "", `the answer to ${quote(step)} is not signed by a person's key`)]);
  const { plan, planHash, question, clockLeadMs, untilMs } = asked.value;
  const leadsTo = briefAnswers(plan, step) ?? [];
  const shown: ShownQuestion = { ...question, leadsTo, runId, planHash, answer: as, untilMs };
  const signer = "hear" in by ? await by.hear(structuredClone(shown)) : ok(by);
  if (!signer.ok) return signer;
  const store = await namedStore(place);
  if (!store.ok) return store;
  const { person, keyId, attended } = signer.value;
  // Taken once the person has decided: the time for which they think counts against no validity.
  const nowMs = place.ports.clock.nowMs() + clockLeadMs;
  const answer: SignedAnswer = {
    format: "interlock.answer/1",
    runId,
    stepId: step,
    planHash,
    question: questionDigest(question),
    answer: as,
    principal: { kind: "person", id: person, keyId },
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + site.config.approvals.validForMs,
    attended,
    solo: site.rules.solo && isOwnProposal(person, plan),
    storeId: store.value.storeId,
    place: store.value.place,
  };
  const held = { runId, plan, planHash, question, answer: as, nowMs, rules: site.rules, store: store.value };
  const problems = [...checkAnswer(answer, held), ...findUnreadable(answer, parseAnswer)];
  if (problems.length > 0) return fail(problems);
  const known = { identityFolder: place.identityFolder, clock: place.ports.clock };
  const envelope = await signKnown(known, signer.value, {
    statement: answerStatement(answer),
    said: answer,
    purpose: { kind: "answer", runId, stepId: step, answer: as },
  });
  return envelope.ok ? envelope : fail([envelope.error]);
}

interface Found {
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly question: AskedQuestion;
  readonly untilMs: number | null;
  readonly clockLeadMs: number;
}

async function findQuestion(log: SiteLog, { runId, step }: AnswerWord): Promise<Result<Found, readonly Problem[]>> {
  const run = await log.run(runId);
  if (!run.ok) return fail([run.error]);
  const { plan, planHash } = run.value.prepared;
  const question = questionOf(plan, step);
  const wait = viewRun(run.value).waitingFor.find(({ kind, stepId }) => kind === "answer" && stepId === step);
  if (question === null || wait === undefined)
    return fail([problem("E_INPUT_UNEXPECTED", "", `\`answer\` does not apply here: ${quote(step)} asks nothing now`)]);
  const { clockLeadMs } = await log.siteState();
  return ok({ plan, planHash, question, untilMs: wait.untilMs, clockLeadMs });
}
