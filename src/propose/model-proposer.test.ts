import { describe, expect, it } from "vitest";
import { readShopDomain } from "../../test/support/read-domain.ts";
import { requestDigest } from "../models/request-digest.ts";
import { scriptedModel } from "../models/scripted-model.fixture.ts";
import { composePrompt } from "./compose-prompt.ts";
import { createModelProposer } from "./model-proposer.ts";
import type { ModelCall } from "./proposer.ts";

const options = { id: "ours", outputSchema: { type: "object" }, confidentiality: "public" } as const;

function requestOf() {
  const calls: ModelCall[] = [];
  const request = {
    intent: "more workers",
    goal: "",
    alert: null,
    domain: readShopDomain(),
    facts: [],
    inputs: [],
    repair: null,
    signal: new AbortController().signal,
    onCall: (call: ModelCall) => void calls.push(call),
  };
  return { calls, request };
}

describe("a model as a proposer", () => {
  it("gives the answer as it came, and tells of the call", async () => {
    const { calls, request } = requestOf();
    const model = scriptedModel("m", () => "{ this is no JSON");

    const proposed = await createModelProposer(model, options).propose(request);

    expect(proposed.ok && new TextDecoder().decode(proposed.value)).toBe("{ this is no JSON");
    expect(model.asked).toMatchObject([
      { output: { name: "proposal", schema: options.outputSchema }, outputTokenCountMax: 16_000 },
    ]);
    expect(calls).toEqual([
      {
        model: "m",
        request: requestDigest("proposal", "m", composePrompt(request, "public")),
        reply: expect.stringMatching(/^sha256:/),
        inputTokenCount: null,
        outputTokenCount: null,
        text: "{ this is no JSON",
      },
    ]);
  });

  it("that throws is a proposer that failed, and its call is told all the same", async () => {
    const { calls, request } = requestOf();
    const throwing = { name: "m", ask: () => Promise.reject(new TypeError("secret detail")) };

    const proposed = await createModelProposer(throwing, options).propose(request);

    expect(proposed).toMatchObject({
      ok: false,
      error: [{ code: "E_PROPOSER_FAILED", message: "the proposer `ours` gave no answer: TypeError" }],
    });
    expect(calls).toMatchObject([{ model: "m", reply: null, text: null }]);
  });
});
