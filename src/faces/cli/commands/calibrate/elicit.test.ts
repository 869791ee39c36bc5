import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decideSituation } from "../../../../core/belief/solve/solve-limited.ts";
import { type Interviewer, openInterlock } from "../../../../interlock.ts";
import { readSituation } from "../../../../packs/read-situation.ts";
import { recordedContext } from "../../context.fixture.ts";
import { elicitCommand } from "./command.ts";

const door = await openInterlock({ config: null });
if (!door.ok) throw new Error("the door does not open");
const interlock = door.value;

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "elicit-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A person who answers by the first pattern that matches, and leaves when asked anything else. */
function person(
  answers: readonly (readonly [RegExp, string])[],
): Interviewer & { readonly heard: readonly string[]; readonly refused: readonly string[] } {
  const heard: string[] = [];
  const refused: string[] = [];
  const answerTo = (question: string): string | null =>
    answers.find(([pattern]) => pattern.test(question))?.[1] ?? null;
  return {
    heard,
    refused,
    text: async (question, { check }) => {
      const answer = answerTo(question);
      if (answer === null) return null;
      const problem = check(answer);
      if (problem !== null) refused.push(`${question} ${problem}`);
      return problem === null ? answer : null;
    },
    choose: async (question, options) => options.find((option) => option === answerTo(question)) ?? null,
    tell: (text) => void heard.push(text),
  };
}

const pump: readonly (readonly [RegExp, string])[] = [
  [/short name/, "pump"],
  [/one line/, "the pump hums"],
  [/counted in/, "euros"],
  [/explanations/, "CLOGGED, WORN"],
  [/of 100 such alerts.*CLOGGED/, "60"],
  [/of 100 such alerts.*WORN/, "40"],
  [/judgement rest/, "8"],
  [/what can be done/, "flush, replace"],
  [/handing over/, "call"],
  [/would be a catastrophe/, "a flood"],
  [/what is a flood worth/, "-100"],
  [/10000/, "200"],
  [/CLOGGED, and you do flush.*worth/, "10"],
  [/WORN, and you do flush.*worth/, "-5"],
  [/WORN, and you do flush.*1000/, "100"],
  [/CLOGGED, and you do replace.*worth/, "0"],
  [/WORN, and you do replace.*worth/, "8"],
  [/what does call itself cost/, "2"],
  [/how many minutes after call/, "6"],
  [/what does each minute/, "0.5"],
  [/worth once a person/, "6"],
  [/how often in 1000/, "0"],
  [/anything to look at/, "yes"],
  [/what can be looked at/, "listen"],
  [/listen cost/, "0.5"],
  [/what can listen say/, "hum, rattle"],
  [/CLOGGED.*listen say hum/, "80"],
  [/CLOGGED.*listen say rattle/, "20"],
  [/WORN.*listen say hum/, "30"],
  [/WORN.*listen say rattle/, "70"],
  [/how many of them/, "1"],
];

describe("interlock calibrate --elicit", () => {
  it("writes the answers as a situation that can be decided: frequencies as opinion, decisions unchanged", async () => {
    const outPath = join(folder, "pump.yaml");
    const context = recordedContext();

    const exitCode = await elicitCommand(
      context,
      interlock,
      { out: outPath },
      person([...pump, [/how sure/, "50"], [/want to do/, "keep the numbers"]]),
    );

    const file = readSituation(readFileSync(outPath));
    if (!file.ok) throw new Error(JSON.stringify(file.error));
    const { situation } = file.value;
    expect(exitCode).toBe(0);
    expect(situation).toMatchObject({
      id: "pump",
      title: "the pump hums",
      unit: "euros",
      limit: 0.02,
      horizon: 1,
      catastropheUtility: -100,
      escalation: "call",
    });
    expect(situation.responses[0]).toMatchObject({
      id: "flush",
      utilityByContext: [10, -5, -5],
      catastropheByContext: [0, 0.1, 0.05],
    });
    // Calling: worth 6 once it is dealt with, less the page of 2 and six minutes at 0.5.
    expect(situation.responses[2]).toMatchObject({ id: "call", kind: "escalate", utilityByContext: [1, 1, 1] });
    // 8 remembered alerts: (4.8 + ½)/(8 + 1) of the 98 % that `unknown` leaves.
    expect(situation.contexts[0]?.prior).toBeCloseTo((5.3 / 9) * 0.98, 9);
    expect(situation.sources.every((source) => source.isOpinionOnly)).toBe(true);
    expect(decideSituation(situation).ok).toBe(true);
    expect(context.printed.out).toContain(`next: interlock decide ${outPath}`);
  });

  it("an answer that contradicts the numbers is shown with what it would need, and may correct them", async () => {
    const outPath = join(folder, "pump.yaml");
    const asked = person([
      ...pump,
      [/how sure of CLOGGED/, "95"],
      [/how sure/, "70"],
      [/want to do/, "change a utility"],
      [/not what you mean/, "WORN"],
      [/flush under WORN is worth/, "-60"],
      [/replace under/, "8"],
    ]);

    await elicitCommand(recordedContext(), interlock, { out: outPath }, asked);

    const file = readSituation(readFileSync(outPath));
    expect(asked.heard[0]).toMatch(
      new RegExp(
        "^by your numbers flush beats replace from P\\(CLOGGED\\) = .*, you said 95 %: one of the two is not what " +
          "you mean; your answer would be right if flush were worth −\\d+",
      ),
    );
    expect(file.ok && file.value.situation.responses[0]?.utilityByContext[1]).toBe(-60);
  });

  it("an existing situation is only questioned, and keeps its comments", async () => {
    const outPath = join(folder, "out.yaml");
    const asked = person([
      [/how sure/, "96"],
      [/want to do/, "keep the numbers"],
    ]);

    const exitCode = await elicitCommand(
      recordedContext(),
      interlock,
      { situation: "examples/situations/fast-or-safe.yaml", out: outPath },
      asked,
    );

    expect(exitCode).toBe(0);
    expect(asked.heard).toHaveLength(2);
    expect(asked.heard[0]).toMatch(/^by your numbers a_fast beats b_safe from P\(USUAL\) = .* that agrees$/);
    expect(readFileSync(outPath, "utf8")).toBe(readFileSync("examples/situations/fast-or-safe.yaml", "utf8"));
  });

  it("a person who leaves at any question leaves nothing behind: exit 130", async () => {
    const outPath = join(folder, "pump.yaml");
    for (let count = 0; count < pump.length; count += 3) {
      expect(await elicitCommand(recordedContext(), interlock, { out: outPath }, person(pump.slice(0, count)))).toBe(
        130,
      );
      expect(existsSync(outPath)).toBe(false);
    }
  });

  it("answers that are no numbers, out of bounds, no names or names twice are refused at the question", async () => {
    const refusals: readonly (readonly [RegExp, string])[] = [
      [/explanations/, "A, A"],
      [/explanations/, "ONE"],
      [/explanations/, "A, unknown"],
      [/of 100 such alerts/, "many"],
      [/of 100 such alerts/, "120"],
      [/what is a flood worth/, "5"],
    ];
    for (const refusal of refusals) {
      const asked = person([refusal, ...pump]);
      await elicitCommand(recordedContext(), interlock, { out: join(folder, "x.yaml") }, asked);
      expect(asked.refused).toHaveLength(1);
    }
  });

  it("without a terminal there is no interview: exit 64", async () => {
    expect(await elicitCommand(recordedContext(), interlock, { out: join(folder, "x.yaml") })).toBe(64);
  });
});
