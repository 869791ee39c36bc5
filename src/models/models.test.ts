// Every implementation of the port `Model`, held against the one contract.
import { describe, expect, it } from "vitest";
import type { Model } from "../ports.ts";
import { answerCharsMax } from "./ask.ts";
import { cassetteLine, cassetteModel, parseCassette, recordingModel } from "./cassette.ts";
import { type ChatServer, startChatServer } from "./chat-server.fixture.ts";
import { liveModel } from "./live.ts";
import { type ModelArrangement, modelContract, type ScriptedAnswer } from "./model-contract.ts";
import { type ModelUse, requestDigest } from "./request-digest.ts";
import { scriptedModel } from "./scripted-model.fixture.ts";

function scripted(): ModelArrangement {
  let model = scriptedModel("model-1", () => "");
  const made = (answer: Parameters<typeof scriptedModel>[1]) => {
    model = scriptedModel("model-1", answer);
    return Promise.resolve(model);
  };
  return {
    saying: (answers) => made(({ prompt }) => textFor(answers, prompt.messages)),
    failing: (words) => made(() => new TypeError(words)),
    hanging: () => made(() => new Promise(() => undefined)),
    countsTokens: false,
    providerCallCount: () => model.asked.length,
    close: () => Promise.resolve(),
  };
}

/** A live model whose server is on loopback. */
function live(): ModelArrangement {
  let server: ChatServer | null = null;
  const made = async (answer: Parameters<typeof startChatServer>[0]) => {
    await server?.close();
    server = await startChatServer(answer);
    return liveModel({ baseUrl: server.baseUrl, model: "model-1", apiKey: "key-1" });
  };
  return {
    saying: (answers, tokens) => made(({ body }) => ({ says: textFor(answers, body.messages.slice(1)), tokens })),
    failing: (words) => made(() => ({ fails: words })),
    hanging: () => made(() => new Promise(() => undefined)),
    countsTokens: true,
    providerCallCount: () => server?.asked.length ?? 0,
    close: async () => server?.close(),
  };
}

function recorded(use: ModelUse): ModelArrangement {
  const played = (lines: readonly string[]) => {
    const cassette = parseCassette(use, lines.join(""));
    return cassette.ok ? cassetteModel("model-1", cassette.value) : failedTo("read back what was recorded");
  };
  return {
    saying: async (answers) =>
      played(
        answers
          .filter(({ text }) => text.length <= answerCharsMax)
          .map(({ prompt, text }) =>
            cassetteLine(use, { request: requestDigest(use, "model-1", prompt), model: "model-1-2026", text }),
          ),
      ),
    failing: async () => played([]),
    hanging: null,
    countsTokens: false,
    providerCallCount: null,
    close: () => Promise.resolve(),
  };
}

/** A model that is recorded while it answers must be as good as one that is not. */
function recording(): ModelArrangement {
  const inner = live();
  const taped = async (model: ReturnType<typeof inner.saying>) =>
    recordingModel(await model, "judgement", () => undefined);
  return {
    ...inner,
    saying: (answers, tokens) => taped(inner.saying(answers, tokens)),
    failing: (words) => taped(inner.failing(words)),
    hanging: () => taped(inner.hanging?.() ?? failedTo("hang")),
  };
}

function textFor(answers: readonly ScriptedAnswer[], messages: readonly { readonly content: string }[]): string {
  const found = answers.find(({ prompt }) => prompt.messages[0]?.content === messages[0]?.content);
  return found?.text ?? failedTo("find an answer to this prompt");
}

function failedTo(what: string): never {
  throw new Error(`the test cannot ${what}`);
}

const arrangements: Readonly<Record<string, ModelArrangement>> = {
  "a scripted model": scripted(),
  "a live model": live(),
  "a cassette of proposals": recorded("proposal"),
  "a cassette of judgements": recorded("judgement"),
  "a model being recorded": recording(),
};

for (const [name, arrangement] of Object.entries(arrangements))
  describe(name, () => {
    for (const { claim, check } of modelContract(arrangement)) it(claim, check);
  });

describe("the contract", () => {
  const good = scripted();
  /** The contract's claim that begins so, checked for scripted models that are changed in this way. */
  const checkBroken = (beginning: string, change: (model: Model) => Model): Promise<void> => {
    const claims = modelContract({
      ...good,
      saying: async (answers, tokens) => change(await good.saying(answers, tokens)),
      failing: async (words) => change(await good.failing(words)),
      hanging: async () => change((await good.hanging?.()) ?? failedTo("hang")),
    });
    return claims.find(({ claim }) => claim.startsWith(beginning))?.check() ?? failedTo("find the claim");
  };
  const bugs: readonly (readonly [bug: string, claim: string, change: (model: Model) => Model])[] = [
    ["trims", "what was said", (model) => changingText(model, (text) => text.trim())],
    ["shortens", "what was said", (model) => changingText(model, (text) => text.slice(0, 50_000))],
    [
      "throws",
      "a failure is a value",
      ({ name, ask }) => ({
        name,
        ask: async (request) => {
          const reply = await ask(request);
          return reply.kind === "said" ? reply : failedTo("answer");
        },
      }),
    ],
    [
      "counts nothing as zero",
      "token counts",
      ({ name, ask }) => ({
        name,
        ask: async (request) => ({ ...(await ask(request)), inputTokenCount: 0, outputTokenCount: 0 }),
      }),
    ],
    [
      "asks twice",
      "one request is one call",
      ({ name, ask }) => ({
        name,
        ask: async (request) => {
          await ask(request);
          return ask(request);
        },
      }),
    ],
    [
      "quotes its provider",
      "a failure is a value",
      ({ name, ask }) => ({
        name,
        ask: async (request) => {
          const reply = await ask(request);
          return reply.kind === "said" ? reply : { kind: "failed", reason: "hunter2" };
        },
      }),
    ],
    [
      "never stops",
      "it stops waiting",
      ({ name, ask }) => ({ name, ask: (request) => ask({ ...request, signal: new AbortController().signal }) }),
    ],
  ];

  for (const [bug, claim, change] of bugs)
    it(`notices a model that ${bug}`, () => expect(checkBroken(claim, change)).rejects.toThrow());
});

function changingText({ name, ask }: Model, change: (text: string) => string): Model {
  return {
    name,
    ask: async (request) => {
      const reply = await ask(request);
      return reply.kind === "said" ? { ...reply, text: change(reply.text) } : reply;
    },
  };
}
