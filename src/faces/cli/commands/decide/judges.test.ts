import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askJudge } from "../../../../investigate/judge/index.ts";
import { scriptedModel } from "../../../../models/scripted-model.fixture.ts";
import { recordedContext } from "../../context.fixture.ts";
import { main } from "../../main.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "judges-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const situationPath = "examples/situations/latency-spike.yaml";
const question = {
  id: "mentions_locks",
  question: "Do the messages mention locks or waiting for the database?",
  answers: ["yes", "no"],
};

function place(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

/** One answer of a judge that says `answer`, asked and recorded as it would be live. */
async function record(answer: string, model = "m-1"): Promise<unknown> {
  return askJudge(
    scriptedModel(model, () => answer),
    question,
    "a message",
    { timeoutMs: 1000 },
  );
}

async function interlock(...argv: readonly string[]) {
  const context = recordedContext();
  const exitCode = await main(argv, () => context);
  return { exitCode, ...context.printed };
}

/** Measures a judge that says yes in 18 of 20 incidents of DB and in 2 of 20 of every other context. */
async function measuredJudge(): Promise<string> {
  const lines: string[] = [];
  for (const context of ["LOAD", "DB", "BUG", "CIRCUIT"]) {
    for (let count = 0; count < 20; count += 1)
      lines.push(JSON.stringify({ context, record: await record((context === "DB") === count < 18 ? "yes" : "no") }));
  }
  const outPath = join(folder, "measured.json");
  const graded = await interlock(
    "calibrate",
    place("graded.jsonl", lines.join("\n")),
    "--judge",
    place("judge.json", { format: "interlock.judge/1", question }),
    "--situation",
    situationPath,
    "--out",
    outPath,
  );
  expect(graded.exitCode).toBe(0);
  expect(graded.out).toContain("mentions_locks by m-1: 0 lines rejected, 0 without an answer");
  return outPath;
}

describe("judges on the command line", () => {
  it("a measured judge's answer moves the belief, and the decision without the judge is shown beside", async () => {
    const judge = await measuredJudge();
    const heard = place("yes.json", await record("yes"));

    const plain = await interlock("decide", situationPath, "--json", "--explain", "--flips", "0");
    const judged = await interlock(
      "decide",
      situationPath,
      "--json",
      "--explain",
      "--flips",
      "0",
      "--judge",
      judge,
      "--heard",
      heard,
    );
    const text = await interlock("decide", situationPath, "--judge", judge, "--heard", heard);

    const beliefIn = (out: string): number =>
      (
        JSON.parse(out) as { explanation: { belief: { context: string; probability: number }[] } }
      ).explanation.belief.find((one) => one.context === "DB")?.probability ?? 0;
    expect(judged.exitCode).toBe(0);
    expect(beliefIn(judged.out)).toBeGreaterThan(2 * beliefIn(plain.out));
    const without = (JSON.parse(judged.out) as { explanation: { withoutJudges: { firstStep: string; value: number } } })
      .explanation.withoutJudges;
    const alone = JSON.parse(plain.out) as { firstStep: string; value: number };
    expect(without).toMatchObject({ firstStep: alone.firstStep, value: expect.closeTo(alone.value, 9) });
    expect(text.out).toContain("heard before the plan: mentions_locks = yes (external)");
    expect(text.out).toContain("no judge       ");
  });

  it("a judge without a table or `--judge`, or measured with another model or wording, is refused", async () => {
    const judge = await measuredJudge();
    const bare = place("bare.json", { format: "interlock.judge/1", question });
    const reworded = place("reworded.json", {
      ...(JSON.parse(await readText(judge)) as object),
      question: { ...question, question: "Is it the database?" },
    });
    const heard = place("yes.json", await record("yes"));
    const other = place("other.json", await record("yes", "m-2"));

    for (const argv of [
      ["--judge", bare, "--heard", heard],
      ["--heard", heard],
      ["--judge", judge, "--heard", other],
      ["--judge", reworded, "--heard", heard],
    ]) {
      const refused = await interlock("decide", situationPath, "--json", ...argv);
      expect(refused.exitCode).toBe(10);
      expect(JSON.parse(refused.out)).toMatchObject({
        format: "interlock.refusal/1",
        problems: [{ code: "E_JUDGE_UNCALIBRATED" }],
      });
    }
  });

  it("a judge that gave no answer changes nothing", async () => {
    const judge = await measuredJudge();
    const silent = place(
      "silent.json",
      await askJudge(
        scriptedModel("m-1", () => new Error("down")),
        question,
        "a message",
        { timeoutMs: 1000 },
      ),
    );

    const plain = JSON.parse((await interlock("decide", situationPath, "--json")).out) as { value: number };
    const heard = JSON.parse(
      (await interlock("decide", situationPath, "--json", "--judge", judge, "--heard", silent)).out,
    ) as { value: number };

    expect(heard.value).toBeCloseTo(plain.value, 12);
  });

  it("too few graded answers leave a judge uncalibrated, and nothing is written", async () => {
    const lines = [JSON.stringify({ context: "DB", record: await record("yes") })];

    const graded = await interlock(
      "calibrate",
      place("graded.jsonl", lines.join("\n")),
      "--judge",
      place("judge.json", { format: "interlock.judge/1", question }),
      "--situation",
      situationPath,
      "--json",
    );

    expect(graded.exitCode).toBe(10);
    expect(JSON.parse(graded.out)).toMatchObject({
      problems: [
        { code: "E_JUDGE_UNCALIBRATED" },
        { code: "E_JUDGE_UNCALIBRATED" },
        { code: "E_JUDGE_UNCALIBRATED" },
        { code: "E_JUDGE_UNCALIBRATED" },
      ],
    });
  });
});

async function readText(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8");
}
