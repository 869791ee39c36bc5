import { describe, expect, it } from "vitest";
import { readShopDomain } from "../../../test/support/read-domain.ts";
import { type Code, problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { fail, ok } from "../../core/value/result.ts";
import type { ProposeRequest, Proposer } from "../../propose/index.ts";
import { askUntilMended } from "./ask-until-mended.ts";

const request = {
  intent: "more workers",
  goal: "",
  alert: null,
  domain: readShopDomain(),
  facts: [],
  inputs: [],
  signal: new AbortController().signal,
};

const anyRequest = digest("interlock.proposer-request/1", {});

/** A proposer that gives `first`, `second`, … and says how it was asked; an `Error` is an answer it fails to give. */
function proposerOf(answers: readonly (string | Error)[]): { proposer: Proposer; asked: ProposeRequest["repair"][] } {
  const asked: ProposeRequest["repair"][] = [];
  const proposer: Proposer = {
    id: "ours",
    kind: "model",
    propose: async ({ repair, onCall }) => {
      const answer = answers[asked.length] ?? "no more";
      asked.push(repair);
      const text = answer instanceof Error ? null : answer;
      onCall({ model: "m", request: anyRequest, reply: null, inputTokenCount: null, outputTokenCount: null, text });
      return text === null
        ? fail([problem("E_PROPOSER_FAILED", "", "it gave no answer")])
        : ok(new TextEncoder().encode(text));
    },
  };
  return { proposer, asked };
}

/** Takes `good`, and refuses everything else with this code. */
const gate = (code: Code) => async (bytes: Uint8Array) => {
  const text = new TextDecoder().decode(bytes);
  return text === "good" ? ok(text) : fail([problem(code, "/steps/0", `\`${text}\` is not it`)]);
};

describe("a refused answer", () => {
  it("goes back with its problems until one is accepted, and every call is reported", async () => {
    const { proposer, asked } = proposerOf(["bad", "worse", "good"]);

    const answered = await askUntilMended({ proposer, repairRounds: 5 }, request, gate("E_SCHEMA"));

    expect(answered).toMatchObject({ read: { ok: true, value: "good" }, roundCount: 3 });
    expect(answered.calls.map(({ text }) => text)).toEqual(["bad", "worse", "good"]);
    expect(asked.map((repair) => repair && new TextDecoder().decode(repair.proposal))).toEqual([null, "bad", "worse"]);
    expect(asked[2]?.problems).toMatchObject([{ code: "E_SCHEMA", message: "`worse` is not it" }]);
  });

  it("is asked for at most as often as the rounds allow; the last one is returned with its problems", async () => {
    for (const repairRounds of [0, 1, 3]) {
      const { proposer, asked } = proposerOf(["a", "b", "c", "d", "e"]);

      const answered = await askUntilMended({ proposer, repairRounds }, request, gate("E_SCHEMA"));

      expect(asked).toHaveLength(repairRounds + 1);
      expect(answered.roundCount).toBe(repairRounds + 1);
      expect(new TextDecoder().decode(answered.bytes ?? undefined)).toBe("abcd"[repairRounds]);
      expect(answered.read.ok).toBe(false);
    }
  });

  it("does not go back if no other answer could avoid the problem", async () => {
    for (const code of ["E_PROPOSAL_DECLINED", "E_PACK_UNTRUSTED"] as const) {
      const { proposer, asked } = proposerOf(["bad", "good"]);

      const answered = await askUntilMended({ proposer, repairRounds: 5 }, request, gate(code));

      expect(asked).toHaveLength(1);
      expect(answered.read).toMatchObject({ ok: false, error: [{ code }] });
    }
  });
});

it("a proposer that fails is not asked again, in the first round or in a later one", async () => {
  for (const answers of [[new Error()], ["bad", new Error()]]) {
    const { proposer, asked } = proposerOf([...answers, "good"]);

    const answered = await askUntilMended({ proposer, repairRounds: 5 }, request, gate("E_SCHEMA"));

    expect(asked).toHaveLength(answers.length);
    expect(answered).toMatchObject({ bytes: null, read: { ok: false, error: [{ code: "E_PROPOSER_FAILED" }] } });
    expect(answered.calls).toHaveLength(answers.length);
  }
});
