// A connector of somebody else's, held against the contract; then the contract itself, against connectors that break
// it.
import { describe, expect, it } from "vitest";
import type { Reply } from "../core/run/words/input.ts";
import { problem } from "../core/value/codes.ts";
import { isJsonObject, type JsonValue } from "../core/value/json-value.ts";
import type { Connector, ConnectorRequest } from "../ports.ts";
import { type ConnectorArrangement, connectorContract } from "./connector-contract.ts";

/** The outside of the box connector: words in a box. */
interface Box {
  words: string[];
  callCount: number;
}
const boxes = new Map<string, Box>();

function boxOf(settings: JsonValue): Box | undefined {
  return isJsonObject(settings) && typeof settings["box"] === "string" ? boxes.get(settings["box"]) : undefined;
}

/** The word that a template names: `{ word: … }` and nothing else. */
function wordOf(template: JsonValue): string | null {
  if (!isJsonObject(template) || Object.keys(template).join() !== "word") return null;
  return typeof template["word"] === "string" ? template["word"] : null;
}

const boxConnector: Connector = {
  name: "box",
  operations: [
    { name: "look", enforcesRead: true, checkTemplate: (template, _, pointer) => checkWord(template, pointer) },
    { name: "put", enforcesRead: false, checkTemplate: (template, _, pointer) => checkWord(template, pointer) },
  ],
  checkSettings: (settings, pointer) =>
    boxOf(settings) === undefined ? [problem("E_CONNECTION_SETTINGS", pointer, "there is no such box")] : [],
  perform: async ({ operation, access, with: template, settings, outputBytesMax, timeoutMs, signal }) => {
    const notSent = (message: string): Reply => ({ kind: "not_sent", problem: problem("E_CALL_INVALID", "", message) });
    const box = boxOf(settings);
    const word = wordOf(template);
    if (box === undefined || word === null || signal.aborted) return notSent("it cannot be sent");
    if (operation !== "look" && operation !== "put") return notSent("there is no such operation");
    if (access === "read" && operation !== "look") return notSent("a read puts nothing");
    box.callCount += 1;
    if (word === "hang") {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
      });
      return { kind: "unknown", problem: problem("E_TIMEOUT", "", "the box gave no answer") };
    }
    if (word === "fail") return { kind: "unknown", problem: problem("E_TARGET_LOST", "", "the box failed") };
    if (operation === "put") box.words.push(word);
    const outputBytes = JSON.stringify(box.words).length;
    if (outputBytes > outputBytesMax)
      return { kind: "unknown", problem: problem("E_OUTPUT_SIZE", "", "the box holds too much") };
    return { kind: "applied", output: { words: [...box.words] }, outputBytes, outcome: null };
  },
};

function checkWord(template: JsonValue, pointer: string) {
  return wordOf(template) === null ? [problem("E_SCHEMA", pointer, "expected a word")] : [];
}

function arrange(connector: Connector): ConnectorArrangement {
  return {
    connector,
    open: async () => {
      const box: Box = { words: ["kept", "x".repeat(2_000)], callCount: 0 };
      const name = `box ${boxes.size}`;
      boxes.set(name, box);
      return {
        settings: { box: name, password: "hunter2" },
        state: async () => box.words.join(),
        callCount: () => box.callCount,
        close: async () => undefined,
      };
    },
    templates: { look: { word: "kept" }, put: { word: "more" } },
    withBinding: (_, binding) => ({ word: binding }),
    failing: { operation: "put", access: "write", with: { word: "fail" } },
    hanging: { operation: "look", access: "read", with: { word: "hang" } },
    verbose: { operation: "look", access: "read", with: { word: "kept" } },
    secret: "hunter2",
  };
}

describe("a connector of somebody else's", () => {
  for (const { claim, check } of connectorContract(arrange(boxConnector))) it(claim, check);
});

/** The box connector, doing this instead. */
const doing = (perform: (request: ConnectorRequest) => Promise<Reply>): Connector => ({ ...boxConnector, perform });
const good = boxConnector.perform;
const patient = { timeoutMs: 60_000, signal: new AbortController().signal };
const done: Reply = { kind: "applied", output: null, outputBytes: 0, outcome: null };

/** What a connector may do wrong, and the claim that then does not hold. */
const bugs: readonly (readonly [bug: string, claim: string, connector: Connector])[] = [
  ["throws", "it answers every call", doing(async (request) => good({ ...request, with: must(request.with) }))],
  [
    "calls again after a failure",
    "a target that fails is called once",
    doing(async (request) => {
      const reply = await good(request);
      return reply.kind === "unknown" ? good(request) : reply;
    }),
  ],
  [
    "says that a failed call was never sent",
    "a target that fails is called once",
    doing(async (request) => {
      const reply = await good(request);
      return reply.kind === "unknown" ? { kind: "not_sent", problem: reply.problem } : reply;
    }),
  ],
  ["waits for ever", "it stops soon after the signal", doing((request) => good({ ...request, ...patient }))],
  [
    "takes its time",
    "it stops soon after its time",
    doing((request) => good({ ...request, timeoutMs: patient.timeoutMs })),
  ],
  [
    "writes what is labelled a read",
    "under read access nothing",
    doing((request) => good({ ...request, access: "write" })),
  ],
  [
    "sends what is labelled a read as a write",
    "under read access an operation",
    doing((request) => good({ ...request, access: "write" })),
  ],
  [
    "sends a binding that is left over",
    "a template with a binding",
    doing((request) => good({ ...request, with: { word: String(Object.values(request.with ?? {})[0]) } })),
  ],
  [
    "tells its secret",
    "it answers every call",
    doing(async (request) => {
      const reply = await good(request);
      const found = problem("E_CALL_INVALID", "", `it cannot be sent: ${JSON.stringify(request.settings)}`);
      return reply.kind === "not_sent" ? { kind: "not_sent", problem: found } : reply;
    }),
  ],
  [
    "takes any answer",
    "an answer that is larger",
    doing((request) => good({ ...request, outputBytesMax: Number.MAX_SAFE_INTEGER })),
  ],
  [
    "gives no size",
    "a call that works",
    doing(async (request) => {
      const reply = await good(request);
      return reply.kind === "applied" ? { ...reply, outputBytes: Number.NaN } : reply;
    }),
  ],
  [
    "gives an output with a field that is undefined",
    "a call that works",
    // The types forbid such an output; JavaScript does not.
    doing(async (request) => ({ ...(await good(request)), output: { etag: undefined } }) as unknown as Reply),
  ],
  ["gives a field too many", "a call that works", doing(async (request) => ({ ...(await good(request)), note: "" }))],
  [
    "does what it has no operation for",
    "an operation that it does not have",
    doing(async (request) => (request.operation === "other" ? done : good(request))),
  ],
  [
    "does what was interrupted beforehand",
    "a call that was interrupted",
    doing((request) => good({ ...request, signal: patient.signal })),
  ],
  [
    "places a problem of a template elsewhere",
    "it checks any template",
    {
      ...boxConnector,
      operations: boxConnector.operations.map((operation) => ({
        ...operation,
        checkTemplate: (template) => checkWord(template, "/elsewhere"),
      })),
    },
  ],
  [
    "refuses a template that works",
    "it finds nothing wrong",
    {
      ...boxConnector,
      operations: boxConnector.operations.map((operation) => ({
        ...operation,
        checkTemplate: (_, __, pointer) => checkWord(null, pointer),
      })),
    },
  ],
  [
    "has an operation twice",
    "it and each of its operations",
    { ...boxConnector, operations: boxConnector.operations.map((operation) => ({ ...operation, name: "look" })) },
  ],
];

function must(template: JsonValue): JsonValue {
  if (wordOf(template) === null) throw new TypeError("expected a word");
  return template;
}

describe("the contract notices a connector that", () => {
  it.each(bugs)("%s", async (_, beginning, connector) => {
    const claim = connectorContract(arrange(connector)).find((one) => one.claim.startsWith(beginning));

    await expect(claim?.check()).rejects.toThrow();
  });
});
