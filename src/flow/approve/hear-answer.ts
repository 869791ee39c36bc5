import { checkAnswer, readAnswerStatement } from "../../core/approval/answer.ts";
import { questionOf } from "../../core/plan/show/leads-to.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { invariant } from "../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { listIdentities } from "../../identities/identity.ts";
import type { AnswerControl } from "../../owner/control/protocol.ts";
import type { Owner } from "../../owner/owner.ts";
import { currentStore } from "../site/current-store.ts";
import type { Site } from "../site/site.ts";
import type { Workplace } from "../site/workplace.ts";
import { isBorneOut, notBorneOut, verifySigned } from "./open-signed.ts";

/**
 * A person's answer, as the owner of the store hears it: its signature is verified against the identities known here,
 * and it is held against the run, its question and what each answer leads to. The person is the one who signed.
 */
export function hearAnswer(
  place: Workplace,
  site: Site,
  { engine, store }: Pick<Owner, "engine" | "store">,
  input: AnswerControl,
): Result<AnswerControl, Problem> {
  const { runId, stepId, answer, signed } = input;
  const run = engine.run(runId);
  const question = run === null ? null : questionOf(run.prepared.plan, stepId);
  // The kernel refuses an answer to a run that is not there, and to a step that asks nothing.
  if (run === null || question === null) return ok(input);
  if (signed === undefined)
    return fail(problem("E_ANSWER_UNSIGNED", "", `the answer to ${quote(stepId)} is not signed by a person's key`));
  const identities = listIdentities(place.identityFolder);
  if (!identities.ok) return identities;
  const opened = verifySigned(signed, identities.value);
  if (!opened.ok) return opened;
  const read = readAnswerStatement(opened.value.statement);
  if (!read.ok) return read;
  if (!isBorneOut(read.value, opened.value.signer)) return fail(notBorneOut());
  const current = currentStore(place, store);
  invariant(current !== null, "an owner gives its store an id");
  const { plan, planHash } = run.prepared;
  const [first] = checkAnswer(read.value, {
    runId,
    plan,
    planHash,
    question,
    answer,
    nowMs: engine.nowMs(),
    rules: site.rules,
    store: current,
  });
  return first === undefined ? ok({ ...input, by: read.value.principal }) : fail(first);
}
