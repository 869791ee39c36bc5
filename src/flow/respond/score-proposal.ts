import type { Situation } from "../../core/belief/situation/situation.ts";
import { evaluatePolicy } from "../../core/belief/solve/evaluate-policy.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { canonicalText } from "../../core/value/canonical.ts";
import { parseJson } from "../../core/value/json.ts";
import type { JsonValue } from "../../core/value/json-value.ts";

/** What a proposal is worth to a decision: the numbers of the response that it is equal to, or nothing. */
export type ScoredProposal =
  | { readonly kind: "scored"; readonly response: string; readonly value: number; readonly risk: number }
  /** It is equal to no declared response: it is shown beside the decision, and the decision never chooses it. */
  | { readonly kind: "unscored"; readonly reason: string };

/** Scores a proposal under a situation. It takes part only if its one act is exactly one declared response. */
export function scoreProposal(situation: Situation, proposal: Proposal): ScoredProposal {
  if (proposal.decline !== "") return { kind: "unscored", reason: `it declines: ${proposal.decline}` };
  const acts = proposal.steps.filter((step) => step.kind === "act");
  const [act] = acts;
  if (act === undefined || acts.length > 1)
    return { kind: "unscored", reason: `it acts ${acts.length} times; a response is one act` };
  const wanted = bindingKey(act.action, act.args);
  const response = situation.responses.find(
    ({ binding }) => binding !== null && bindingKey(binding.action, binding.args) === wanted,
  );
  if (response === undefined)
    return { kind: "unscored", reason: `no declared response does \`${act.action}\` with these arguments` };
  const { value, risk } = evaluatePolicy(situation, { kind: "commit", response: response.id });
  return { kind: "scored", response: response.id, value, risk };
}

function bindingKey(
  action: string,
  args: readonly { readonly name: string; readonly from: string; readonly value: string }[],
): string {
  return canonicalText([
    action,
    ...args
      .map(({ name, from, value }): JsonValue => [name, from, from === "literal" ? literal(value) : value])
      .sort((left, right) => (canonicalText(left) < canonicalText(right) ? -1 : 1)),
  ]);
}

/** A literal holds JSON, so `6` and `6 ` are the same number. */
function literal(text: string): JsonValue {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}
