import { describe, expect, it } from "vitest";
import type { Model, ModelRequest } from "../ports.ts";
import { answerCharsMax, askModel } from "./ask.ts";
import { scriptedModel } from "./scripted-model.fixture.ts";

const request: ModelRequest = {
  prompt: { instructions: "Answer.", messages: [{ role: "user", content: "Material" }] },
  output: null,
  outputTokenCountMax: 100,
  signal: new AbortController().signal,
};
const patient = { timeoutMs: null };

/** Models that keep no contract. */
const deaf = (onSignal: (signal: AbortSignal) => void): Model => ({
  name: "deaf",
  ask: ({ signal }) => {
    onSignal(signal);
    return new Promise(() => undefined);
  },
});

describe("asking a model", () => {
  it("returns its answer unchanged", async () => {
    expect(
      await askModel(
        scriptedModel("m", () => " yes\n"),
        request,
        patient,
      ),
    ).toEqual({
      kind: "said",
      text: " yes\n",
      model: "m",
      inputTokenCount: null,
      outputTokenCount: null,
    });
  });

  it("a model that throws, at once or later, has failed; what it threw is not quoted", async () => {
    const throwing: Model = {
      name: "m",
      ask: () => {
        throw new TypeError("your prompt was: Material");
      },
    };
    const rejecting: Model = { name: "m", ask: () => Promise.reject(new TypeError("your prompt was: Material")) };

    for (const model of [throwing, rejecting])
      expect(await askModel(model, request, patient)).toEqual({ kind: "failed", reason: "TypeError" });
  });

  it("a model that ignores the time is not waited for, and is told to stop", async () => {
    const signals: AbortSignal[] = [];

    const reply = await askModel(
      deaf((signal) => signals.push(signal)),
      request,
      { timeoutMs: 10 },
    );

    expect(reply).toEqual({ kind: "failed", reason: "no answer within 10 ms" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("a model that ignores an interruption is not waited for, and is told to stop", async () => {
    const stop = new AbortController();
    const signals: AbortSignal[] = [];
    const asked = askModel(
      deaf((signal) => signals.push(signal)),
      { ...request, signal: stop.signal },
      { timeoutMs: 60_000 },
    );

    stop.abort();

    expect(await asked).toEqual({ kind: "failed", reason: "interrupted" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("an interruption beforehand asks nothing", async () => {
    const model = scriptedModel("m", () => "yes");

    expect(await askModel(model, { ...request, signal: AbortSignal.abort() }, patient)).toMatchObject({
      kind: "failed",
    });
    expect(model.asked).toEqual([]);
  });

  it("an answer up to the limit is accepted, and none beyond", async () => {
    const longest = "x".repeat(answerCharsMax);

    const taken = await askModel(
      scriptedModel("m", () => longest),
      request,
      patient,
    );
    const refused = await askModel(
      scriptedModel("m", () => `${longest}x`),
      request,
      patient,
    );

    expect(taken.kind).toBe("said");
    expect(refused).toEqual({ kind: "failed", reason: "its answer is longer than 150000 characters" });
  });
});
