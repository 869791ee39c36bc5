// The built-in rule, held against the contract; then the contract itself, against authorizers that break it.
import { describe, expect, it } from "vitest";
import { problem } from "../core/value/codes.ts";
import type { Authorizer } from "../ports.ts";
import { authorizerContract } from "./authorizer-contract.ts";
import { builtInRule } from "./built-in-rule.ts";

describe("the built-in rule", () => {
  for (const { claim, check } of authorizerContract(builtInRule)) it(claim, check);
});

// The types forbid most of these answers; JavaScript does not.
const answering = (answer: () => unknown): Authorizer => ({ authorize: answer as Authorizer["authorize"] });
let turn = 0;

describe("the contract notices an authorizer that", () => {
  it.each([
    ["answers with a promise", "it answers every request", answering(async () => ({ kind: "permit" }))],
    ["answers nothing", "it answers every request", answering(() => undefined)],
    ["denies in its own words", "it answers every request", answering(() => ({ kind: "deny" }))],
    ["gives no reason", "it answers every request", answering(() => ({ kind: "forbid", problem: null }))],
    [
      "throws for whom it does not know",
      "it answers every request",
      {
        authorize: (request) => {
          if (request.principal.id !== "olivia") throw new TypeError("who?");
          return builtInRule.authorize(request);
        },
      } satisfies Authorizer,
    ],
    [
      "changes its mind",
      "it gives the same request",
      answering(() => {
        turn += 1;
        const no = problem("E_NOT_PERMITTED", "", "no");
        return turn % 2 === 0 ? { kind: "permit" } : { kind: "forbid", problem: no };
      }),
    ],
    ["permits everything", "it forbids what", answering(() => ({ kind: "permit", policies: null, reason: "" }))],
  ])("%s", async (_, beginning, authorizer) => {
    const claim = authorizerContract(authorizer).find((one) => one.claim.startsWith(beginning));

    await expect(claim?.check()).rejects.toThrow();
  });
});
