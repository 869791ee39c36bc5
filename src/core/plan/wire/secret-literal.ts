// High precision before high recall: each pattern is one that an issuer documents, so that a match is hardly ever an accident.
// A secret nobody can recognise is the reason why arguments never hold one and bindings to references exist.
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
 * What kind of secret a text holds, or `undefined` when it holds none we know. The text is never quoted in the answer.
 *
 * Cost: linear in the text: no pattern has nested repetition.
 */
export function findSecretLiteral(text: string): string | undefined {
  return patterns.find(({ pattern }) => pattern.test(text))?.what;
}
