import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import type { Proposal } from "./proposal.ts";
import { findSecretLiteral } from "./secret-literal.ts";

/**
 * Finds secrets written into a proposal, wherever they stand: a plan is stored, shown and signed, and a secret in it would be
 * all of that too (I9). The secret itself is not quoted.
 */
export function checkProse(proposal: Proposal): readonly Problem[] {
  return textsOf(proposal).flatMap(({ text, pointer, where }) => {
    const secret = findSecretLiteral(text);
    return secret === undefined ? [] : [problem("E_ARG_SECRET_LITERAL", pointer, `${where} holds ${secret}`)];
  });
}

interface PlacedText {
  readonly text: string;
  readonly pointer: string;
  readonly where: string;
}

function textsOf(proposal: Proposal): readonly PlacedText[] {
  const fields = (["goal", "summary", "decline"] as const).map((field) => ({
    text: proposal[field],
    pointer: `/${field}`,
    where: `\`${field}\``,
  }));
  const assumptions = proposal.assumptions.map((text, index) => ({
    text,
    pointer: `/assumptions/${index}`,
    where: "an assumption",
  }));
  const steps = proposal.steps.flatMap((step, index) => {
    const at = `/steps/${index}`;
    return [
      { text: step.purpose, pointer: `${at}/purpose`, where: `the purpose of ${quote(step.id)}` },
      { text: step.when, pointer: `${at}/when`, where: `the \`when\` of ${quote(step.id)}` },
      ...step.expect.map((text, position) => ({
        text,
        pointer: `${at}/expect/${position}`,
        where: `an expectation of ${quote(step.id)}`,
      })),
      ...step.args.map((argument, position) => ({
        text: argument.value,
        pointer: `${at}/args/${position}/value`,
        where: `the argument ${quote(argument.name)} of ${quote(step.id)}`,
      })),
    ];
  });
  return [...fields, ...assumptions, ...steps];
}
