import { describe, expect, it } from "vitest";
import type { Reply } from "../core/run/words/input.ts";
import { problem } from "../core/value/codes.ts";
import { limits } from "../core/value/limits.ts";
import type { Connector, ConnectorRequest } from "../ports.ts";
import { askConnector, guardConnector } from "./guard-connector.ts";
import { Stopper } from "./stop.ts";

const request: Omit<ConnectorRequest, "signal"> = {
  operation: "put",
  access: "write",
  with: {},
  settings: {},
  timeoutMs: 1,
  outputBytesMax: 1_000,
};

const stillClock = { sleep: () => new Promise<void>(() => undefined) };
const patience = { clock: stillClock, stop: new Stopper() };

// The types forbid such an answer; JavaScript does not.
const answering = (perform: (request: ConnectorRequest) => unknown): Connector => ({
  name: "fake",
  operations: [],
  checkSettings: () => [],
  perform: perform as Connector["perform"],
});
const ask = (reply: unknown) =>
  askConnector(
    answering(() => reply),
    request,
    patience,
  );

const no = problem("E_TARGET_REFUSED", "", "no");
const applied = { kind: "applied", output: null, outputBytes: 1, outcome: null };

describe("a reply", () => {
  it.each([
    applied,
    { ...applied, output: { list: [1, "a", { deep: null }] }, outcome: "busy" },
    { kind: "rejected", problem: no, retryable: true },
    { kind: "rejected", problem: no, retryable: true, retryAfterMs: 3_000 },
    { kind: "unknown", problem: no, retryAfterMs: 0 },
    { kind: "not_sent", problem: { ...no, next: { do: "plan", input: "x" } } },
    { kind: "unknown", problem: no },
  ])("as its type says is taken as it is: %j", async (reply) => {
    expect(await ask(reply)).toEqual(reply);
    expect(await ask(Promise.resolve(reply))).toEqual(reply);
  });

  const broken: readonly (readonly [string, unknown])[] = [
    ["nothing", undefined],
    ["null", null],
    ["a text", "applied"],
    ["a list", [applied]],
    ["another kind", { ...applied, kind: "done" }],
    ["a kind that it inherits", Object.assign(Object.create({ kind: "applied" }), { output: 1, outputBytes: 1 })],
    ["no problem", { kind: "rejected", retryable: false }],
    ["a next try before now", { kind: "rejected", problem: no, retryable: true, retryAfterMs: -1 }],
    ["a next try in a hundred years", { kind: "unknown", problem: no, retryAfterMs: 3e12 }],
    ["a next try where there is none", { kind: "not_sent", problem: no, retryAfterMs: 1 }],
    ["a problem that is null", { kind: "rejected", problem: null, retryable: false }],
    ["a code that is not ours", { kind: "rejected", problem: { ...no, code: "E_MINE" }, retryable: false }],
    ["a code of every object", { kind: "rejected", problem: { ...no, code: "constructor" }, retryable: false }],
    ["a next step that is not ours", { kind: "unknown", problem: { ...no, next: { do: "sudo" } } }],
    ["a problem as long as a book", { kind: "unknown", problem: { ...no, message: "x".repeat(5_000) } }],
    ["no word on whether it may be tried again", { kind: "rejected", problem: no }],
    ["a field too many", { ...applied, note: "x" }],
    ["no output", { kind: "applied", outputBytes: 1, outcome: null }],
    ["an output with a field that is undefined", { ...applied, output: { etag: undefined } }],
    ["an output with a BigInt", { ...applied, output: 1n }],
    ["an output with a date", { ...applied, output: new Date(0) }],
    ["an output with half a surrogate pair", { ...applied, output: "\ud800" }],
    ["an output larger than asked for", { ...applied, output: "x".repeat(100_000) }],
    ["a size that is no number", { ...applied, outputBytes: Number.NaN }],
    ["a size below zero", { ...applied, outputBytes: -1 }],
  ];

  it.each(broken)("with %s leaves open what became of the call, and names the connector", async (_, reply) => {
    const read = await ask(reply);

    expect(read).toMatchObject({ kind: "unknown", problem: { code: "E_CONNECTOR_REPLY" } });
    expect(JSON.stringify(read)).toContain("`fake`");
    expect(JSON.stringify(read)).not.toContain("s3cret");
  });

  it.each([
    ["of another kind", { kind: "not_sent" }],
    ["with a field too many", { more: 1 }],
    ["without its output", { output: undefined }],
    ["with half a byte", { outputBytes: 0.5 }],
    ["with fewer bytes than none", { outputBytes: -1 }],
    ["with more bytes than can be counted", { outputBytes: 2 ** 53 }],
    ["with bytes in words", { outputBytes: "1" }],
    ["with a number as its outcome", { outcome: 1 }],
    ["with a long outcome", { outcome: "a".repeat(limits.nameCharsMax + 1) }],
  ])("that says it was applied, %s, is one of a call whose outcome is open", async (_, change) => {
    const given = Object.fromEntries(Object.entries({ ...applied, ...change }).filter(([, it]) => it !== undefined));

    expect(await ask(given)).toMatchObject({ kind: "unknown", problem: { code: "E_CONNECTOR_REPLY" } });
  });

  it("that says it was applied may have the longest outcome and the most bytes that a parser takes", async () => {
    const { outputBytesMax } = request;
    const reply = { ...applied, outcome: "a".repeat(limits.nameCharsMax), outputBytes: outputBytesMax };

    expect(await ask(reply)).toEqual(reply);
  });

  it("that says itself that it is larger than asked for is not taken", async () => {
    expect(await ask({ ...applied, outputBytes: 1_001 })).toMatchObject({
      kind: "unknown",
      problem: { code: "E_OUTPUT_SIZE" },
    });
  });

  it.each([
    ["rejects", () => Promise.reject(new TypeError("s3cret"))],
    ["throws at once", () => JSON.parse("s3cret") as unknown],
  ])("of a connector that %s is one of a call whose outcome is open", async (_, perform) => {
    const read = await askConnector(answering(perform), request, patience);

    expect(read).toMatchObject({ kind: "unknown", problem: { code: "E_CONNECTOR_REPLY" } });
    expect(JSON.stringify(read)).not.toContain("s3cret");
  });
});

describe("a connector that does not answer", () => {
  const late: Reply = { kind: "applied", output: "late", outputBytes: 4, outcome: null };

  it("is cut off after the time of its call and a margin, told to stop, and named", async () => {
    const waits: number[] = [];
    let signal: AbortSignal | null = null;
    const hanging: Connector = {
      ...answering(() => null),
      perform: (asked) => {
        signal = asked.signal;
        return new Promise(() => undefined);
      },
    };

    const reply = await askConnector(hanging, request, {
      ...patience,
      clock: { sleep: async (ms) => void waits.push(ms) },
    });

    expect(reply).toMatchObject({ kind: "unknown", problem: { code: "E_CONNECTOR_REPLY" } });
    expect(JSON.stringify(reply)).toContain(
      "the connector `fake` does not answer, 10000 ms after the 1 ms of its call",
    );
    expect({ waits, isStopped: (signal as AbortSignal | null)?.aborted }).toEqual({ waits: [10_001], isStopped: true });
  });

  it("is heard all the same when it answers later, and read as strictly", async () => {
    const heard: Reply[] = [];
    const clock = { sleep: () => Promise.resolve() };
    let answer: (reply: unknown) => void = () => undefined;
    const slow = answering(() => new Promise((resolve) => (answer = resolve)));
    await askConnector(slow, request, { ...patience, clock, onLate: (reply) => heard.push(reply) });
    const first = answer;
    await askConnector(slow, request, { ...patience, clock, onLate: (reply) => heard.push(reply) });

    first(late);
    answer({ kind: "applied" });
    await new Promise((resolve) => setImmediate(resolve));

    expect(heard).toMatchObject([late, { kind: "unknown", problem: { code: "E_CONNECTOR_REPLY" } }]);
  });
});

describe("a call that is called off", () => {
  it.each<[string, (stop: () => void) => Promise<void>]>([
    ["before it is made", async () => undefined],
    ["as soon as it is made", async (stop) => stop()],
    [
      "later",
      async (stop) => {
        await new Promise((resolve) => setImmediate(resolve));
        stop();
      },
    ],
  ])("%s reaches the connector, with the reason", async (when, callOff) => {
    const off = new Stopper();
    const stop = (): void => off.stop("over");
    if (when === "before it is made") stop();
    const heeding = answering(async ({ signal }) => {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return { kind: "not_sent", problem: problem("E_TARGET_REFUSED", "", String(signal.reason)) };
    });

    const asked = askConnector(heeding, request, { ...patience, stop: off });
    await callOff(stop);

    expect(await asked).toMatchObject({ kind: "not_sent", problem: { message: "over" } });
  });
});

describe("what a connector says of itself", () => {
  const guarded = (check: () => unknown, enforcesRead: unknown = true): Connector =>
    guardConnector({
      name: "fake",
      operations: [{ name: "get", enforcesRead: enforcesRead as boolean, checkTemplate: check as () => [] }],
      checkSettings: check as () => [],
      perform: () => Promise.reject(new Error("not asked")),
    });

  it("is that it enforces reading only where it says `true` (I13)", () => {
    const said = [true, "yes", 1, "false", null].map((word) => guarded(() => [], word).operations[0]?.enforcesRead);

    expect(said).toEqual([true, false, false, false, false]);
  });

  it.each([
    ["throws", () => JSON.parse("{") as unknown],
    ["gives nothing", () => undefined],
    ["gives null", () => [null]],
    ["gives a promise", async () => []],
    ["gives problems of another form", () => [{ message: "wrong" }]],
  ])("is a problem where a check %s", (_, check) => {
    const { checkSettings, operations } = guarded(check);

    for (const found of [checkSettings({}, "/here"), operations[0]?.checkTemplate({}, "read", "/here")])
      expect(found).toMatchObject([{ code: "E_PORT_ANSWER", pointer: "/here" }]);
  });

  it("is what its checks find", () => {
    expect(guarded(() => [no]).checkSettings({}, "/here")).toEqual([no]);
  });
});
