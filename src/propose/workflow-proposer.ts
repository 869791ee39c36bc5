import type { ValueType } from "../core/domain/domain.ts";
import { checkValue } from "../core/domain/value-type.ts";
import type { Proposal } from "../core/plan/wire/proposal.ts";
import { type Problem, problem } from "../core/value/codes.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { quote, suggestName } from "../core/value/text.ts";
import type { ProposeRequest, Proposer } from "./proposer.ts";

/** A procedure of a pack: typed inputs, and the proposal that they go into. */
export interface Workflow {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly inputs: readonly { readonly name: string; readonly summary: string; readonly type: ValueType }[];
  readonly proposal: Proposal;
}

/**
 * Proposes the steps of a workflow if all its inputs are given and have their declared types. They remain inputs of the
 * plan.
 */
export function createWorkflowProposer(workflow: Workflow): Proposer {
  return {
    id: `${workflow.name} ${workflow.version}`,
    kind: "workflow",
    propose: (request) => {
      const problems = checkInputs(workflow, request);
      return Promise.resolve<Result<Uint8Array, readonly Problem[]>>(
        problems.length > 0 ? fail(problems) : ok(new TextEncoder().encode(JSON.stringify(workflow.proposal))),
      );
    },
  };
}

function checkInputs(workflow: Workflow, { inputs, domain }: ProposeRequest): readonly Problem[] {
  const idsOf = (type: string): readonly string[] =>
    domain.inventory.filter((object) => object.type === type).map(({ id }) => id);
  const names = workflow.inputs.map(({ name }) => name);
  const unknown = inputs
    .filter(({ name }) => !names.includes(name))
    .map(({ name }) =>
      problem(
        "E_PLAN_INPUT",
        "",
        `the workflow \`${workflow.name}\` has no input ${quote(name)}`,
        suggestName(name, names),
      ),
    );
  const others = workflow.inputs.flatMap(({ name, type }): readonly Problem[] => {
    const given = inputs.find((input) => input.name === name);
    if (given === undefined)
      return [
        problem(
          "E_PLAN_INPUT",
          "",
          `the workflow \`${workflow.name}\` needs the input ${quote(name)}`,
          "give it a value",
          { do: "plan", input: name },
        ),
      ];
    return checkValue(type, given.value, { pointer: `/inputs/${name}`, idsOf });
  });
  return [...unknown, ...others];
}
