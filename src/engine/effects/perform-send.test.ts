import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Call } from "../../core/plan/plan.ts";
import type { Reply } from "../../core/run/words/input.ts";
import { InvariantError } from "../../core/value/invariant.ts";
import { quote } from "../../core/value/text.ts";
import { Stopper } from "../../ports/stop.ts";
import type { Connector, ConnectorRequest } from "../../ports.ts";
import { systemClock } from "../clock.ts";
import { type EffectContext, performCall, performSend } from "./perform-send.ts";

const call: Call = {
  connection: "c",
  connector: "fake",
  operation: "put",
  access: "write",
  with: { token: { $secret: "token" }, body: 1 },
  timeoutMs: 7,
  outputBytesMax: 9,
};
const applied: Reply = { kind: "applied", output: { rate: 5 }, outputBytes: 1, outcome: null };

/** A site with one connection, whose connector answers as told and notes what it was asked. */
function site(
  answer: (request: ConnectorRequest) => Promise<Reply>,
  secret = "s3cret-value",
): { readonly context: EffectContext; readonly seen: ConnectorRequest[] } {
  const seen: ConnectorRequest[] = [];
  const connector: Connector = {
    name: "fake",
    operations: [],
    checkSettings: () => [],
    perform: (request) => {
      seen.push(request);
      return answer(request);
    },
  };
  const context: EffectContext = {
    connections: new Map([
      [
        "c",
        {
          name: "c",
          connector,
          settings: { base: "x", key: { $secret: "key" } },
          secrets: new Map([
            ["token", "env:T"],
            ["key", "env:K"],
          ]),
        },
      ],
    ]),
    resolveSecret: () => Promise.resolve({ ok: true, value: secret }),
    stop: new Stopper(),
    clock: systemClock,
  };
  return { context, seen };
}

const command = (
  outcomes: readonly { readonly name: string; readonly when: string }[],
): Parameters<typeof performSend>[0] => ({
  kind: "send",
  id: "1",
  attempt: { runId: "run_1", stepId: "s1", direction: "do", n: 1, epoch: 1 },
  call,
  idempotencyKey: "k",
  outcomes,
});

describe("performCall", () => {
  it("hands the connector its call with the secrets bound, in the template and in the settings", async () => {
    const { context, seen } = site(() => Promise.resolve(applied));

    expect(await performCall(call, context)).toEqual(applied);
    expect(seen).toMatchObject([
      {
        operation: "put",
        access: "write",
        with: { token: "s3cret-value", body: 1 },
        settings: { base: "x", key: "s3cret-value" },
        timeoutMs: 7,
        outputBytesMax: 9,
      },
    ]);
  });

  it.each([
    ["a connection that is not configured", { connection: "other" }],
    ["a connection that leads through another connector", { connector: "http" }],
    ["a secret without a reference", { with: { $secret: "other" } }],
  ])("sends nothing over %s", async (_, change) => {
    const { context, seen } = site(() => Promise.resolve(applied));

    expect(await performCall({ ...call, ...change }, context)).toMatchObject({ kind: "not_sent" });
    expect(seen).toEqual([]);
  });

  it("sends nothing without its secret", async () => {
    const { context, seen } = site(() => Promise.resolve(applied));
    const refuse: EffectContext["resolveSecret"] = () =>
      Promise.resolve({ ok: false, error: { code: "E_SECRET_UNAVAILABLE", pointer: "", message: "m", hint: "h" } });

    expect(await performCall(call, { ...context, resolveSecret: refuse })).toMatchObject({
      kind: "not_sent",
      problem: { code: "E_SECRET_UNAVAILABLE" },
    });
    expect(seen).toEqual([]);
  });

  it("is in doubt when a connector throws, and says nothing of the exception", async () => {
    const { context } = site(() => Promise.reject(new TypeError("token s3cret-value")));

    const reply = await performCall(call, context);

    expect(reply).toMatchObject({ kind: "unknown", problem: { code: "E_CONNECTOR_REPLY" } });
    expect(JSON.stringify(reply)).not.toContain("s3cret");
  });

  it("lets a broken invariant through", async () => {
    const { context } = site(() => Promise.reject(new InvariantError("broken")));

    await expect(performCall(call, context)).rejects.toThrow(InvariantError);
  });
});

describe("what a reply repeats of a secret (I9)", () => {
  const leaked = async (secret: string, text: string): Promise<string> => {
    const { context } = site(() => Promise.resolve({ ...applied, output: { list: [text], [text]: 1 } }), secret);
    return JSON.stringify(await performCall(call, context));
  };

  it("is gone from problems too", async () => {
    const problem = {
      code: "E_TARGET_REFUSED",
      pointer: "",
      message: "no such token s3cret-value",
      hint: "h",
    } as const;
    const { context } = site(() => Promise.resolve({ kind: "rejected", problem, retryable: false }));

    expect(await performCall(call, context)).toMatchObject({ problem: { message: "no such token [secret]" } });
  });

  it("is gone from all else that a connector words: pointer, hint, next step, outcome, numbers", async () => {
    const secret = "12345678";
    const words = `about ${secret} of`;
    const unknown = {
      kind: "unknown",
      problem: {
        code: "E_TARGET_REFUSED",
        pointer: `/${secret}`,
        message: words,
        hint: words,
        next: { do: "unfreeze", scope: secret },
      },
    } as const;
    const output = { number: 12_345_678, list: [12_345_678.0, 7], [secret]: `${secret}9` };
    const done: Reply = { kind: "applied", output, outputBytes: 1, outcome: secret };

    const replies = [unknown, done].map((reply) => performCall(call, site(async () => reply, secret).context));
    const told = JSON.stringify(await Promise.all(replies));

    expect(told).not.toContain(secret);
    expect(told).toContain('"list":["[secret]",7]');
  });

  it("is gone in every encoding, whatever stands around it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .string({ minLength: 8, maxLength: 40, unit: "binary" })
          .filter((text) => text.isWellFormed() && Buffer.from(text).length >= 8),
        fc.string({ maxLength: 8 }),
        fc.string({ maxLength: 8 }),
        async (secret, before, after) => {
          const inside = Buffer.from(`${before}${secret}${after}`);
          for (const form of [
            secret,
            encodeURIComponent(secret),
            Buffer.from(secret).toString("hex"),
            inside.toString("base64"),
            inside.toString("base64url"),
          ]) {
            const shown = await leaked(secret, `${before} ${form} ${after}`);
            expect(shown).toContain("[secret]");
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("is gone where a message quotes the beginning of it and cuts the rest off", async () => {
    const secret = "tok-0123456789abcdefghijklmnopqrstuv";
    const message = `the target answered 401: ${quote(`${"x".repeat(60)}${secret}`)}`;
    const { context } = site(
      () =>
        Promise.resolve({
          kind: "rejected",
          problem: { code: "E_TARGET_REFUSED", pointer: "", message, hint: "h" },
          retryable: false,
        }),
      secret,
    );

    const reply = JSON.stringify(await performCall(call, context));

    expect(message).toContain("tok-0123456789abcdef");
    expect(reply).not.toContain("tok-0123");
    expect(reply).toContain("[secret]");
  });

  it("does not take a text for a secret that is too short to be one", async () => {
    expect(await leaked("on", "turned on")).toContain("turned on");
  });
});

describe("what a program printed before it failed", () => {
  it("has its secrets taken out, one that was cut in two as well", async () => {
    const problem = { code: "E_TARGET_LOST", pointer: "", message: "m", hint: "h" } as const;
    const output = { exitCode: 5, stdout: "token=s3cret-value", stderr: "again s3cret-va…" };
    const { context } = site(() => Promise.resolve({ kind: "unknown", problem, output }));

    const reply = await performCall(call, context);

    expect(JSON.stringify(reply)).not.toContain("s3cret");
    expect(reply).toMatchObject({ output: { stdout: "token=[secret]", stderr: "again [secret]…" } });
  });
});

const ignoreLate = (): void => undefined;

describe("performSend", () => {
  it("names the outcome of a probe, and none for an act", async () => {
    const { context } = site(() => Promise.resolve(applied));

    expect(await performSend(command([{ name: "busy", when: "output.rate > 3" }]), context, ignoreLate)).toEqual({
      ...applied,
      outcome: "busy",
    });
    expect(await performSend(command([]), context, ignoreLate)).toEqual(applied);
  });

  it("classifies nothing that did not answer", async () => {
    const { context } = site(() =>
      Promise.resolve({ kind: "unknown", problem: { code: "E_TIMEOUT", pointer: "", message: "m", hint: "h" } }),
    );

    expect(await performSend(command([{ name: "busy", when: "true" }]), context, ignoreLate)).toMatchObject({
      kind: "unknown",
    });
  });
});

describe("a probe that is answered with garbage", () => {
  const garbage: Reply = {
    kind: "applied",
    output: { status: 200, body: { $unreadable: "document line 1, column 1: expected a value" } },
    outputBytes: 1,
    outcome: null,
  };

  it("was not answered where an outcome reads the garbage, and may be asked again", async () => {
    const { context } = site(() => Promise.resolve(garbage));

    expect(await performSend(command([{ name: "up", when: "output.body.up" }]), context, ignoreLate)).toMatchObject({
      kind: "unknown",
      problem: {
        code: "E_OUTPUT_INVALID",
        message: "the target answered with a body that cannot be read: line 1, column 1: expected a value",
      },
    });
  });

  it("was answered where no outcome reads it", async () => {
    const { context } = site(() => Promise.resolve(garbage));

    expect(
      await performSend(command([{ name: "up", when: "output.status == 200" }]), context, ignoreLate),
    ).toMatchObject({
      kind: "applied",
      outcome: "up",
    });
  });
});
