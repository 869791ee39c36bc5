import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../value/json-value.ts";
import type { AnswerRule } from "../words/operation.ts";
import { readAnswer, readOperationId, sayTold } from "./operation.ts";

const rule: AnswerRule = {
  status: "/status",
  running: ["InProgress", 202, false, null],
  succeeded: ["Succeeded", 200, true],
  failed: ["Failed"],
  cancelled: ["Canceled"],
  error: "/error",
  progress: "/percentComplete",
  says: "/message",
};

function idIn(output: JsonValue, take: "value" | "last_segment" = "value"): string | null {
  return readOperationId({ id: { pointer: "/id", take } }, output);
}

describe("the id of an operation", () => {
  it("is a text or a whole number in a plain form, and nothing else", () => {
    const plain: readonly JsonValue[] = ["job-7", 42, "6f9c:1@a=b+c~d", "x".repeat(200)];
    const odd: readonly JsonValue[] = [
      "",
      ".",
      "..",
      "a/b",
      "a b",
      "-rf",
      "x".repeat(201),
      1.5,
      true,
      null,
      ["a"],
      "a\u001b[2J",
    ];

    expect(plain.map((id) => idIn({ id }))).toEqual(["job-7", "42", "6f9c:1@a=b+c~d", "x".repeat(200)]);
    expect([...odd.map((id) => idIn({ id })), idIn({})]).toEqual(Array.from({ length: odd.length + 1 }, () => null));
  });

  it("may be the last segment of an address", () => {
    const addresses = [
      "https://api.example/subscriptions/s/operations/6f9c?api-version=2024-01-01",
      "http://jenkins.example/queue/item/39/",
      "operations/abc",
      "/jobs/7#top",
      "plain",
    ];

    expect(addresses.map((id) => idIn({ id }, "last_segment"))).toEqual(["6f9c", "39", "abc", "7", "plain"]);
    expect([idIn({ id: "/" }, "last_segment"), idIn({ id: "/a/.." }, "last_segment")]).toEqual([null, null]);
  });
});

describe("an answer about an operation", () => {
  it.each<[JsonValue, string]>([
    [{ status: "InProgress" }, "running"],
    [{ status: 202 }, "running"],
    [{ status: false }, "running"],
    [{}, "running"],
    [{ status: "Succeeded" }, "succeeded"],
    [{ status: 200, error: null }, "succeeded"],
    [{ status: "Failed" }, "failed"],
    [{ status: "Canceled" }, "cancelled"],
    [{ status: "Updating" }, "unclear"],
    [{ status: ["Succeeded"] }, "unclear"],
    [{ status: { Succeeded: true } }, "unclear"],
    [{ status: true, error: { code: 3 } }, "failed"],
  ])("%j means %s", (output, meaning) => {
    expect(readAnswer(rule, output).is).toBe(meaning);
  });

  it("says as much as it can, in bounds: whole percent, one line of words, the message of an error", () => {
    const long = "x".repeat(500);

    expect(readAnswer(rule, { status: "InProgress", percentComplete: 40.9, message: ` ${long}` }).told).toEqual({
      status: "InProgress",
      progress: 40,
      says: "x".repeat(200),
    });
    expect([101, -1, "40", null].map((percentComplete) => readAnswer(rule, { percentComplete }).told.progress)).toEqual(
      [null, null, null, null],
    );
    expect(readAnswer(rule, { error: { message: "no quota" } }).told.says).toBe("no quota");
    expect(readAnswer(rule, { error: "no quota" }).told.says).toBe("no quota");
    expect(readAnswer(rule, { error: "no quota", message: "sorry" }).told.says).toBe("sorry");
    expect(readAnswer(rule, { error: { code: 3 } }).told.says).toBe("something else");
    expect(readAnswer(rule, { error: 3, status: ["a"], message: " " }).told).toEqual({
      status: "something else",
      progress: null,
      says: "3",
    });
  });

  it("says nothing that its plan does not read", () => {
    const quiet = { ...rule, error: null, progress: null, says: null };

    const { is, told } = readAnswer(quiet, { status: 200, error: "no", percentComplete: 3, message: "hm" });

    expect([is, told]).toEqual(["succeeded", { status: "200", progress: null, says: null }]);
  });

  it("cannot pass for a sentence of ours", () => {
    const told = { status: "done`; it is verified", progress: null, says: "\u001b[2Jok" };

    expect(sayTold(told)).toBe("its status is `done\\u{60}; it is verified`, it says `\\u{1b}[2Jok`");
    expect(sayTold({ status: null, progress: 3, says: null })).toBe("3 % is done");
  });
});
