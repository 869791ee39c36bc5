import { describe, expect, it } from "vitest";
import { ok } from "../core/value/result.ts";
import { guardSecrets, secretWaitMs } from "./guard-secrets.ts";

const options = { clock: { sleep: () => new Promise<void>(() => undefined) }, onDefect: () => undefined };

describe("a resolver of secrets", () => {
  it("is cut off when it does not answer, and the problem names it and not the target", async () => {
    const waits: number[] = [];
    const clock = { sleep: async (ms: number) => void waits.push(ms) };
    const resolve = guardSecrets(() => new Promise(() => undefined), { ...options, clock });

    const answer = await resolve("exec:vault");

    expect(answer).toMatchObject({ ok: false, error: { code: "E_SECRET_UNAVAILABLE" } });
    expect(JSON.stringify(answer)).toContain(
      `the site's resolver of secrets failed: it did not answer within 35000 ms`,
    );
    expect(waits).toEqual([secretWaitMs]);
  });

  it("that answers in time is not cut off", async () => {
    expect(await guardSecrets(async () => ok("s3cret"), options)("env:KEY")).toEqual(ok("s3cret"));
  });
});
