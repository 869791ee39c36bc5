import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import type { Proposal } from "./proposal.ts";

/**
 * Finds secrets written into a proposal, wherever they stand. A plan is stored, shown and signed, and so would be a
 * secret in it (I9). The secret itself is not quoted.
 */
export function checkProse(proposal: Proposal): readonly Problem[] {
  return textsOf(proposal).flatMap(({ text, pointer, where }) => {
    const secret = findSecretLiteral(text);
    return secret === undefined ? [] : [problem("E_ARG_SECRET_LITERAL", pointer, `${where} holds ${secret}`)];
  });
}

/** As `checkProse`, for what was asked for in words. */
export function checkIntent(text: string): readonly Problem[] {
  const secret = findSecretLiteral(text);
  const hint = "say what is wanted without it: an intent is kept in the plan, and every proposer reads it";
  return secret === undefined ? [] : [problem("E_ARG_SECRET_LITERAL", "", `the intent holds ${secret}`, hint)];
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

// Precision comes before recall: every pattern is documented by the issuer, so that a match is hardly ever an accident.
// Secrets that no pattern can recognise are why arguments never hold one and a domain binds references to them instead.
const patterns: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "an AWS access key", pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/ },
  { what: "a GitHub token", pattern: /(?<![A-Za-z0-9])gh[opsur]_[A-Za-z0-9]{36}/ },
  { what: "a GitHub token", pattern: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/ },
  { what: "a GitLab token", pattern: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}/ },
  { what: "a private key", pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { what: "a Slack token", pattern: /(?<![A-Za-z0-9])xox[abeoprs]-[0-9A-Za-z-]{20}/ },
  { what: "a Stripe key", pattern: /(?<![A-Za-z0-9])(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16}/ },
  { what: "a Google API key", pattern: /(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}/ },
  { what: "an npm token", pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/ },
  { what: "a model provider's key", pattern: /(?<![A-Za-z0-9])sk-(?:ant|proj|svcacct)-[A-Za-z0-9_-]{20}/ },
  { what: "an age key", pattern: /AGE-SECRET-KEY-1[0-9A-Z]{20}/ },
  {
    what: "a signed token (JWT)",
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}/,
  },
  { what: "an address with a password", pattern: /[a-z][a-z0-9+.-]*:\/\/[^\s/:@]{1,64}:[^\s/:@]{3,128}@/ },
];

/**
 * What kind of secret a text holds; `undefined` if it holds none that we know. The answer never quotes the text.
 *
 * Cost: linear in the text, since no pattern has nested repetition.
 */
function findSecretLiteral(text: string): string | undefined {
  return patterns.find(({ pattern }) => pattern.test(text))?.what;
}
