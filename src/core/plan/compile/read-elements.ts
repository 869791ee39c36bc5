import { type Problem, problem } from "../../value/codes.ts";
import { parseJson } from "../../value/json.ts";
import { isJsonArray, type JsonValue } from "../../value/json-value.ts";
import { limits } from "../../value/limits.ts";
import { quote, suggestName } from "../../value/text.ts";
import type { ProposedArgument, ProposedStep } from "../wire/proposal.ts";
import { looksLikeReference } from "../wire/reference.ts";
import type { Pass } from "./compilation.ts";

/** What a step with an `each` is expanded over. */
export interface Elements {
  /** The argument that takes an element. */
  readonly name: string;
  readonly values: readonly JsonValue[];
}

/** The elements of a step's `each`; `null` for a step without one. None when they were refused. */
export function readElements(pass: Pass, source: ProposedStep, pointer: string): Elements | null {
  const looping = source.args.flatMap((argument, index) =>
    argument.from === "each" ? [{ argument, at: `${pointer}/args/${index}/value` }] : [],
  );
  const [first, second] = looping;
  if (first === undefined) return null;
  const { name } = first.argument;
  if (second !== undefined) {
    const hint = "give the others one value";
    pass.problems.push(problem("E_PLAN_UNBOUNDED_LOOP", second.at, "a step expands over one argument", hint));
  }
  const values = readList(pass, first.argument, first.at);
  return { name, values: values === undefined || second !== undefined ? [] : values };
}

function readList(pass: Pass, argument: ProposedArgument, pointer: string): readonly JsonValue[] | undefined {
  const { value } = argument;
  const refuse = (...found: readonly Problem[]): undefined => void pass.problems.push(...found);
  if (looksLikeReference(value)) {
    const claim = `nobody knows before the run how many ${quote(value)} has`;
    return refuse(problem("E_PLAN_UNBOUNDED_LOOP", pointer, claim));
  }
  if (pass.index.types.has(value)) {
    const ids = pass.index.idsOf(value);
    if (ids.length > 0) return ids;
    return refuse(problem("E_ARG_SCHEMA", pointer, `the inventory has no ${quote(value)}`, "remove the step"));
  }
  if (!value.trimStart().startsWith("[")) {
    const claim = `${quote(value)} is neither a type of the inventory nor a list`;
    return refuse(problem("E_ARG_SCHEMA", pointer, claim, suggestName(value, [...pass.index.types.keys()])));
  }
  const parsed = parseJson(value, { bytesMax: limits.valueBytesMax, depthLevelsMax: limits.depthLevelsMax });
  if (!parsed.ok) return refuse(...parsed.error.map((found) => ({ ...found, pointer })));
  const items = isJsonArray(parsed.value) ? parsed.value : [];
  if (items.length === 0) return refuse(problem("E_ARG_SCHEMA", pointer, "the list is empty", "remove the step"));
  if (items.length <= limits.stepsCountMax) return items;
  const claim = `the list has ${items.length} elements, more than ${limits.stepsCountMax}`;
  return refuse(problem("E_PLAN_SIZE", pointer, claim));
}
