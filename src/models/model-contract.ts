import assert from "node:assert/strict";
import { type Claim, soon } from "../contract.ts";
import type { JsonObject } from "../core/value/json-value.ts";
import type { Model, ModelPrompt, ModelReply, ModelRequest } from "../ports.ts";
import { answerCharsMax, askModel } from "./ask.ts";
import { requestDigest } from "./request-digest.ts";

/** What the contract needs to know of an implementation: how to bring it into each of these states. */
export interface ModelArrangement {
  /**
   * A model that answers each prompt with the text beside it. `tokens` is what its provider counts, or `null` if it
   * does not.
   */
  saying(answers: readonly ScriptedAnswer[], tokens: TokenCounts | null): Promise<Model>;
  /** A model whose provider refuses every request, with these words if it has words. */
  failing(words: string): Promise<Model>;
  /** A model whose provider never answers; `null` if that is impossible, as with a recording. */
  readonly hanging: (() => Promise<Model>) | null;
  /** Whether the provider's counts come through. A recording has none. */
  readonly countsTokens: boolean;
  /** How often the provider of the last model made was called; `null` if there is no provider. */
  readonly providerCallCount: (() => number) | null;
  /** Takes down what was set up for one claim. */
  close(): Promise<void>;
}

/** A prompt and the answer to it. */
export interface ScriptedAnswer {
  readonly prompt: ModelPrompt;
  readonly text: string;
}

/** Tokens as a provider counts them. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
}

const schema: JsonObject = { type: "object", properties: {}, required: [], additionalProperties: false };
const stopWithinMs = 3_000;

/** The claims that every implementation of `Model` must keep, in reading order. */
export function modelContract(arrangement: ModelArrangement): readonly Claim[] {
  const claims: readonly Claim[] = [
    ...answerClaims(arrangement),
    ...requestClaims(arrangement),
    ...failureClaims(arrangement),
    ...(arrangement.hanging === null ? [] : interruptionClaims(arrangement, arrangement.hanging)),
  ];
  return claims.map(({ claim, check }) => ({ claim, check: () => check().finally(() => arrangement.close()) }));
}

function answerClaims({ saying, countsTokens }: ModelArrangement): readonly Claim[] {
  return [
    {
      claim: "what was said is returned as it came, whether or not it fits the schema asked for",
      check: async () => {
        const texts = [
          "yes",
          " yes\n",
          "{}",
          '{"steps":[]}',
          "",
          "not { json",
          "two\nlines\t“quoted” 🚦",
          "x".repeat(100_000),
        ];
        for (const output of [null, { name: "answer", schema }])
          for (const text of texts) {
            const model = await saying([{ prompt: promptOf("Material"), text }], null);
            const reply = await model.ask(requestOf({ output }));
            assert.equal(saidBy(reply).text, text);
            assert.notEqual(saidBy(reply).model, "");
          }
      },
    },
    {
      claim: "several requests at once each get their own answer",
      check: async () => {
        const answers = ["a", "b", "c", "d"].map((word) => ({ prompt: promptOf(word), text: `said to ${word}` }));
        const model = await saying(answers, null);
        const replies = await Promise.all(answers.map(({ prompt }) => model.ask(requestOf({ prompt }))));
        assert.deepEqual(
          replies.map((reply) => saidBy(reply).text),
          answers.map(({ text }) => text),
        );
      },
    },
    {
      claim: "token counts are those of the provider, and null where it gave none",
      check: async () => {
        const answers = [{ prompt: promptOf("Material"), text: "yes" }];
        for (const tokens of [null, { input: 11, output: 1 }]) {
          const { inputTokenCount, outputTokenCount } = saidBy(
            await (await saying(answers, tokens)).ask(requestOf({})),
          );
          const expected = countsTokens && tokens !== null ? [tokens.input, tokens.output] : [null, null];
          assert.deepEqual([inputTokenCount, outputTokenCount], expected);
        }
      },
    },
    {
      claim: "an answer of any length is taken or has failed, and never counts if it is too long",
      check: async () => {
        const text = "x".repeat(20 * answerCharsMax);
        const model = await saying([{ prompt: promptOf("Material"), text }], null);
        const reply = await model.ask(requestOf({}));
        if (reply.kind === "said") assert.equal(reply.text.length, text.length);
        else checkReason(reply);
        const asked = await askModel(model, requestOf({}), { timeoutMs: null });
        assert.equal(asked.kind, "failed");
      },
    },
  ];
}

function requestClaims({ saying, providerCallCount }: ModelArrangement): readonly Claim[] {
  return [
    {
      claim: "one request is one call",
      check: async () => {
        const model = await saying([{ prompt: promptOf("Material"), text: "yes" }], null);
        await model.ask(requestOf({}));
        assert.ok(providerCallCount === null || providerCallCount() === 1, "the provider was called once");
      },
    },
    {
      claim: "the request is left as it was, so that the same prompt has the same digest before and after",
      check: async () => {
        const prompt = promptOf("Material");
        const model = await saying([{ prompt, text: "yes" }], null);
        const digestOf = () =>
          (["proposal", "judgement"] as const).map((use) => requestDigest(use, model.name, prompt));
        const before = digestOf();
        const reply = await model.ask(Object.freeze(requestOf({ prompt, output: { name: "answer", schema } })));
        assert.equal(reply.kind, "said");
        assert.deepEqual(digestOf(), before);
      },
    },
  ];
}

function failureClaims({ failing, providerCallCount }: ModelArrangement): readonly Claim[] {
  return [
    {
      claim: "a failure is a value: one line of our own, without the provider's words",
      check: async () => {
        const words = "your prompt was: Material\nhunter2";
        const reply = await (await failing(words)).ask(requestOf({}));
        checkReason(reply);
        assert.ok(
          reply.kind === "failed" && !/Material|hunter2/.test(reply.reason),
          "the words stay with the provider",
        );
      },
    },
    {
      claim: "a failed request is not sent again",
      check: async () => {
        await (await failing("overloaded")).ask(requestOf({}));
        assert.ok(providerCallCount === null || providerCallCount() === 1, "the provider was called once");
      },
    },
    {
      claim: "a request that was interrupted beforehand has failed, and reaches no provider",
      check: async () => {
        const model = await failing("overloaded");
        checkReason(await model.ask(requestOf({ signal: AbortSignal.abort() })));
        assert.ok(providerCallCount === null || providerCallCount() === 0, "the provider was not called");
      },
    },
  ];
}

function interruptionClaims({ providerCallCount }: ModelArrangement, hanging: () => Promise<Model>): readonly Claim[] {
  return [
    {
      claim: "it stops waiting when the signal aborts",
      check: async () => {
        const model = await hanging();
        const stop = new AbortController();
        const asked = model.ask(requestOf({ signal: stop.signal }));
        while (providerCallCount !== null && providerCallCount() === 0) await delay(5);
        stop.abort();
        checkReason(await soon(asked, stopWithinMs));
      },
    },
    {
      claim: "two requests at once are interrupted apart",
      check: async () => {
        const model = await hanging();
        const [one, other] = [new AbortController(), new AbortController()];
        const first = model.ask(requestOf({ signal: one.signal }));
        const second = model.ask(requestOf({ signal: other.signal }));
        one.abort();
        checkReason(await soon(first, stopWithinMs));
        assert.equal(await Promise.race([second, delay(50).then(() => "waits")]), "waits");
        other.abort();
        checkReason(await soon(second, stopWithinMs));
      },
    },
  ];
}

/** A frozen prompt with this material, so that a model that changes it is caught. */
function promptOf(material: string): ModelPrompt {
  const message = Object.freeze({ role: "user", content: material } as const);
  return Object.freeze({ instructions: "Answer.", messages: Object.freeze([message]) });
}

function requestOf(given: Partial<ModelRequest>): ModelRequest {
  const { signal } = new AbortController();
  return { prompt: promptOf("Material"), output: null, outputTokenCountMax: 100, signal, ...given };
}

function saidBy(reply: ModelReply): Extract<ModelReply, { readonly kind: "said" }> {
  assert.ok(
    reply.kind === "said",
    `it answers, and has not failed with: ${reply.kind === "failed" ? reply.reason : ""}`,
  );
  return reply;
}

function checkReason(reply: ModelReply): void {
  assert.equal(reply.kind, "failed");
  // The assertion above does not narrow the type.
  const reason = reply.kind === "failed" ? reply.reason : "";
  assert.match(reason, /^[^\n]{1,200}$/);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
