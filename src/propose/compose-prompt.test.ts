import { expect, it } from "vitest";
import { readShopDomain } from "../../test/support/read-domain.ts";
import { digestText } from "../core/value/digest.ts";
import { composePrompt } from "./compose-prompt.ts";

it("a model is asked in the words of release 0.1.0, by whose digest cassettes find their answers", () => {
  const repair = { proposal: new TextEncoder().encode("{"), problems: [] };
  const { signal } = new AbortController();
  const request = {
    intent: "x",
    goal: "",
    alert: null,
    domain: readShopDomain(),
    facts: [],
    inputs: [],
    repair,
    signal,
  };

  const { instructions, messages } = composePrompt({ ...request, onCall: () => undefined }, "public");

  expect(digestText("interlock.proposer-request/1", instructions)).toBe(
    "sha256:b9474a1b38e864b9cdb0960200ba198ef25df3b6f54533124b1c20572f15349e",
  );
  expect(messages.slice(1)).toEqual([
    { role: "assistant", content: "{" },
    {
      role: "user",
      content: "The checker refused it. Answer with a whole, corrected proposal. Its problems, as one JSON text: []",
    },
  ]);
});
