import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../ports.ts";
import { answerCharsMax } from "./ask.ts";
import { cassetteLine, cassetteModel, parseCassette, recordingModel } from "./cassette.ts";
import { requestDigest } from "./request-digest.ts";
import { scriptedModel } from "./scripted-model.fixture.ts";

const material = { role: "user", content: "Material" } as const;
const proposalPrompt = { instructions: "Propose.", messages: [material] };
const judgePrompt = { instructions: "Judge.", messages: [material] };

const requestOf = (prompt: ModelRequest["prompt"]): ModelRequest => ({
  prompt,
  output: null,
  outputTokenCountMax: 100,
  signal: new AbortController().signal,
});

/** Digests as release 0.1.0 computed them; a cassette recorded then must be found now. */
const known = {
  proposal: "sha256:dc3520d4867532e5d8d7aecb4ff114714b3f0f192d1d946cbfae6155a81554dd",
  repair: "sha256:a5f376a8f4e05fa557b1182ac613f422950bc553d1f4108c702f1d0dfcc7ec76",
  judgement: "sha256:0cd452336569af73c0c8a2bfe3917f32b93801270c21daec191317d4d5fc8120",
};

describe("a request's digest", () => {
  it("is the one of release 0.1.0, for proposals, repair rounds and judges", () => {
    const repair = {
      ...proposalPrompt,
      messages: [material, { role: "assistant", content: "{}" }, { role: "user", content: "Again" }] as const,
    };

    expect(requestDigest("proposal", "model-a", proposalPrompt)).toBe(known.proposal);
    expect(requestDigest("proposal", "model-a", repair)).toBe(known.repair);
    expect(requestDigest("judgement", "model-a", judgePrompt)).toBe(known.judgement);
  });

  it("is another for another model, other words and another use", () => {
    const digests = [
      requestDigest("proposal", "model-a", proposalPrompt),
      requestDigest("proposal", "model-b", proposalPrompt),
      requestDigest("proposal", "model-a", { ...proposalPrompt, instructions: "Propose!" }),
      requestDigest("judgement", "model-a", proposalPrompt),
    ];

    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe("a cassette", () => {
  it("of either format, as release 0.1.0 wrote it, is read and played", async () => {
    const answer = '"model":"model-a-7","text":"{}"';
    const source = '"source":"recorded"';
    const lines = {
      proposal: `{"format":"interlock.proposal-cassette/1","request":"${known.proposal}",${source},${answer}}\n`,
      judgement: `{"format":"interlock.judge-cassette/1","request":"${known.judgement}",${answer}}\n`,
    };

    for (const [use, prompt] of [
      ["proposal", proposalPrompt],
      ["judgement", judgePrompt],
    ] as const) {
      const cassette = parseCassette(use, lines[use]);
      if (!cassette.ok) throw new Error(cassette.error[0]?.message);

      const reply = await cassetteModel("model-a", cassette.value).ask(requestOf(prompt));

      expect(reply).toMatchObject({ kind: "said", text: "{}", model: "model-a-7" });
    }
  });

  it("has the bytes that release 0.1.0 gave it", () => {
    const request = requestDigest("proposal", "model-a", proposalPrompt);
    const recorded = { request, model: "m", text: "{}" };
    const answer = '"model":"m","text":"{}"';

    expect(cassetteLine("proposal", recorded)).toBe(
      `{"format":"interlock.proposal-cassette/1","request":"${request}","source":"recorded",${answer}}\n`,
    );
    expect(cassetteLine("judgement", recorded)).toBe(
      `{"format":"interlock.judge-cassette/1","request":"${request}",${answer}}\n`,
    );
  });

  it("has no answer to a request that was not recorded", async () => {
    const cassette = parseCassette(
      "proposal",
      cassetteLine("proposal", { request: requestDigest("proposal", "m", proposalPrompt), model: "m", text: "{}" }),
    );
    if (!cassette.ok) throw new Error(cassette.error[0]?.message);
    const model = cassetteModel("m", cassette.value);

    expect(await model.ask(requestOf(judgePrompt))).toEqual({
      kind: "failed",
      reason: "this request is not on the cassette",
    });
  });

  it("written by hand answers whatever is asked, and says that it was", async () => {
    const lines = readFileSync(
      new URL("../../packs/web-service/proposals/average-plan.jsonl", import.meta.url),
      "utf8",
    );
    const cassette = parseCassette("proposal", lines);
    if (!cassette.ok) throw new Error(cassette.error[0]?.message);

    expect(await cassetteModel("none", cassette.value).ask(requestOf(proposalPrompt))).toMatchObject({
      kind: "said",
      model: expect.stringMatching(/\(written by hand\)$/),
    });
  });

  it("refuses every bad line with its number, and drops none silently", () => {
    const any = { format: "interlock.proposal-cassette/1", request: "any", source: "recorded", model: "m", text: "" };
    const judged = { format: "interlock.judge-cassette/1", request: "any", model: "m", text: "t" };
    const problemsOf = (use: "proposal" | "judgement", lines: readonly string[]) => {
      const cassette = parseCassette(use, lines.join("\n"));
      return cassette.ok ? [] : cassette.error.map(({ code, pointer, message }) => [code, pointer, message.slice(-8)]);
    };

    expect(problemsOf("proposal", ["", JSON.stringify(any), "not json", JSON.stringify(judged)])).toEqual([
      ["E_SCHEMA", "/1/request", "(line 2)"],
      ["E_JSON_INVALID", "/2", "(line 3)"],
      ["E_SCHEMA", "/3/format", "(line 4)"],
    ]);
    expect(problemsOf("judgement", [JSON.stringify(judged)])).toEqual([["E_SCHEMA", "/0/request", "(line 1)"]]);
  });
});

describe("recording", () => {
  it("writes a line that can be read back for any answer, up to the longest that is accepted", async () => {
    for (const use of ["proposal", "judgement"] as const)
      for (const text of [
        "{}",
        "",
        "lone \ud800 surrogate",
        "\u0001".repeat(answerCharsMax),
        "語".repeat(answerCharsMax),
      ]) {
        const lines: string[] = [];
        const model = recordingModel(
          scriptedModel("m", () => text),
          use,
          (line) => lines.push(line),
        );

        const live = await model.ask(requestOf(judgePrompt));
        const cassette = parseCassette(use, lines.join(""));
        const replayed = cassette.ok ? await cassetteModel("m", cassette.value).ask(requestOf(judgePrompt)) : null;

        expect(replayed).toEqual(live.kind === "said" ? { ...live, text: text.toWellFormed() } : null);
      }
  });

  it("leaves failures out", async () => {
    const lines: string[] = [];
    const model = recordingModel(
      scriptedModel("m", () => new Error()),
      "judgement",
      (line) => lines.push(line),
    );

    await model.ask(requestOf(judgePrompt));

    expect(lines).toEqual([]);
  });
});
