import { actionName, onFailureKinds } from "../../domain/parse-action.ts";
import { isRootName } from "../../guard/formula.ts";
import type { Problem } from "../../value/codes.ts";
import { parseJson } from "../../value/json.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { limits } from "../../value/limits.ts";
import type { Result } from "../../value/result.ts";
import { listOf, oneOf, type Parser, parseWith, refine, refuseAt, text } from "../../value/shape.ts";
import { documentOf, object } from "../../value/shape-object.ts";
import { quote } from "../../value/text.ts";
import { stepKinds } from "../kinds/index.ts";
import type { Proposal, ProposedArgument, ProposedStep } from "./proposal.ts";

const argumentSources = ["literal", "input", "step", "each"] as const;

/**
 * The strict intake: bytes from anyone become a proposal or a list of problems, and nothing in between. It judges only
 * the shape; what the words mean in a domain is for `draftPlan`.
 *
 * @returns the proposal, or every problem with its JSON Pointer
 *
 * Cost: linear in the bytes, at most `limits.bodyBytesMax`.
 */
export function parseProposal(bytes: Uint8Array | string): Result<Proposal, readonly Problem[]> {
  const json = parseJson(bytes);
  return json.ok ? readProposal(json.value) : json;
}

/** As `parseProposal`, for a value that the strict reader has already read. */
export function readProposal(value: JsonValue): Result<Proposal, readonly Problem[]> {
  return parseWith(document, value);
}

/** A step's id. It is also a variable of a `when`, so it has no dot and no hyphen. */
const stepIdPattern = /^[A-Za-z][A-Za-z0-9_]*$/;

const stepIdText = text({
  charsMin: 1,
  charsMax: 64,
  pattern: stepIdPattern,
  says: "a step's id: ASCII letters, digits and `_`, beginning with a letter",
  code: "E_NAME_CHARSET",
});
const stepId: Parser<string> = refine(stepIdText, (value, at) =>
  isRootName(value)
    ? value
    : refuseAt(at, "E_NAME_CHARSET", `${quote(value)} is a word of the guards`, "choose another id"),
);
const argumentName = text({
  charsMin: 1,
  charsMax: limits.nameCharsMax,
  pattern: stepIdPattern,
  says: "an argument's name",
  code: "E_NAME_CHARSET",
});
const guard = text({ charsMax: limits.guardCharsMax });

// A kind that calls nothing has no action and says so with an empty text.
const action: Parser<string> = (value, at) => (value === "" ? "" : actionName()(value, at));

const argument: Parser<ProposedArgument> = object({
  name: argumentName,
  from: oneOf(argumentSources),
  // The document bounds it, and the strict reader knows the limit of a literal.
  value: text({ charsMax: limits.bodyBytesMax }),
});

const step: Parser<ProposedStep> = object({
  id: stepId,
  action,
  purpose: text(),
  kind: oneOf(stepKinds),
  after: listOf(stepId, { itemsMax: limits.stepsCountMax }),
  when: guard,
  args: listOf(argument, { itemsMax: limits.argumentsCountMax }),
  expect: listOf(guard, { itemsMax: 100 }),
  onFailure: oneOf(onFailureKinds),
});

const document: Parser<Proposal> = documentOf("interlock.proposal/1", {
  goal: guard,
  summary: text(),
  decline: text(),
  assumptions: listOf(text(), { itemsMax: 100 }),
  steps: listOf(step, { itemsMax: limits.stepsCountMax }),
});
