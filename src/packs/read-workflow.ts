import type { ValueType } from "../core/domain/domain.ts";
import { identifier, valueType } from "../core/domain/parse-type.ts";
import { readProposal } from "../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../core/plan/wire/proposal.ts";
import type { Problem } from "../core/value/codes.ts";
import { isJsonObject, type JsonValue } from "../core/value/json-value.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { anyJson, listOf, name, parseWith, recordOf, text } from "../core/value/shape.ts";
import { documentOf, object, withDefault } from "../core/value/shape-object.ts";
import { readYamlFile } from "./read-yaml-file.ts";
import { withPlace } from "./with-place.ts";

/** A workflow as it was read: typed inputs, and the proposal that they go into. */
export interface WorkflowFile {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly inputs: readonly { readonly name: string; readonly summary: string; readonly type: ValueType }[];
  readonly proposal: Proposal;
}

const document = documentOf("interlock.workflow/1", {
  name: name(),
  version: text({ charsMin: 1, charsMax: 64 }),
  summary: withDefault(text(), ""),
  inputs: withDefault(
    recordOf(object({ type: valueType(), summary: withDefault(text(), "") }), { key: identifier() }),
    {},
  ),
  goal: withDefault(text(), ""),
  assumptions: withDefault(listOf(text(), { itemsMax: 100 }), []),
  steps: anyJson(),
});

/** What a person may leave out of a step. The wire form has every field. */
const emptyStep = { action: "", purpose: "", after: [], when: "", args: [], expect: [] };

/**
 * Reads a `workflows/*.yaml` of a pack (JSON is YAML too): a proposal with typed inputs. Fields that would be `""` or
 * `[]` may be left out.
 */
export function readWorkflow(path: string): Result<WorkflowFile, readonly Problem[]> {
  const file = readYamlFile(path);
  if (!file.ok) return file;
  const placed = (problems: readonly Problem[]): Result<never, readonly Problem[]> =>
    fail(problems.map((found) => withPlace(found, file.value.text, path)));
  const read = parseWith(document, file.value.value);
  if (!read.ok) return placed(read.error);
  const { name: workflowName, version, summary, inputs, goal, assumptions, steps } = read.value;
  const proposal = readProposal({
    format: "interlock.proposal/1",
    goal,
    summary,
    decline: "",
    assumptions,
    steps: completeSteps(steps),
  });
  if (!proposal.ok) return placed(proposal.error);
  const declared = Object.entries(inputs).map(([inputName, { type, summary: about }]) => ({
    name: inputName,
    summary: about,
    type,
  }));
  return ok({
    name: workflowName,
    version,
    summary,
    inputs: declared.sort((left, right) => (left.name < right.name ? -1 : 1)),
    proposal: proposal.value,
  });
}

function completeSteps(steps: JsonValue): JsonValue {
  if (!Array.isArray(steps)) return steps;
  return steps.map((step: JsonValue) => (isJsonObject(step) ? { ...emptyStep, ...step } : step));
}
