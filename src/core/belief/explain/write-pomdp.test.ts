import { expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import { createRng } from "../../value/rng.ts";
import { parseCard } from "../situation/parse-card.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import { readCard } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { lookThrough } from "../solve/outlook.ts";
import { documentOf, eagerModel, randomModel, withPreconditions } from "../solve/random-rules.fixture.ts";
import { writePomdp } from "./write-pomdp.ts";

/** A reader and solver of the format that know nothing of situations: value iteration over the beliefs it can reach. */
function solvePomdp(text: string, moveCount: number): number {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const listOf = (key: string): readonly string[] =>
    lines
      .find((line) => line.startsWith(`${key}: `))
      ?.slice(key.length + 2)
      .split(" ") ?? [];
  const [states, actions, observations] = [listOf("states"), listOf("actions"), listOf("observations")];
  const indexOf = (names: readonly string[]) => new Map(names.map((name, index) => [name, index]));
  const [stateAt, actionAt, observationAt] = [indexOf(states), indexOf(actions), indexOf(observations)];
  const every = (name: string, at: ReadonlyMap<string, number>): readonly number[] =>
    name === "*" ? [...at.values()] : [at.get(name) ?? Number.NaN];
  const key = (a: number, s: number): number => a * states.length + s;
  const moves = new Map<number, { to: number; p: number }[]>();
  const seen = new Map<number, number>();
  const reward = new Map<number, number>();
  for (const line of lines) {
    const [kind = "", a = "", s = "", ...rest] = line.split(/ : |: /);
    if (kind === "T")
      for (const action of every(a, actionAt))
        for (const from of every(s, stateAt)) {
          const [name = "", p = ""] = (rest[0] ?? "").split(" ");
          moves.set(key(action, from), [
            ...(moves.get(key(action, from)) ?? []),
            { to: stateAt.get(name) ?? Number.NaN, p: Number(p) },
          ]);
        }
    if (kind === "O") {
      const [name = "", p] = (rest[0] ?? "").split(" ");
      expect(p).toBe("1");
      for (const to of every(s, stateAt)) seen.set(to, observationAt.get(name) ?? Number.NaN);
    }
    if (kind === "R")
      for (const action of every(a, actionAt))
        reward.set(key(action, stateAt.get(s) ?? Number.NaN), Number(rest.at(-1)?.split(" ").at(-1)));
  }
  for (const list of moves.values()) expect(list.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(1, 9);
  expect(moves.size).toBe(actions.length * states.length);
  const solve = (belief: ReadonlyMap<number, number>, left: number): number => {
    if (left === 0 || [...belief.keys()].every((state) => states[state] === "end")) return 0;
    return Math.max(
      ...actions.map((_, action) => {
        let value = 0;
        const after = new Map<number, Map<number, number>>();
        for (const [state, weight] of belief) {
          value += weight * (reward.get(key(action, state)) ?? 0);
          for (const { to, p } of moves.get(key(action, state)) ?? []) {
            const branch = after.get(seen.get(to) ?? 0) ?? new Map<number, number>();
            branch.set(to, (branch.get(to) ?? 0) + weight * p);
            after.set(seen.get(to) ?? 0, branch);
          }
        }
        return [...after.values()].reduce((sum, branch) => sum + solve(branch, left - 1), value);
      }),
    );
  };
  const start = listOf("start").map(Number);
  return solve(new Map([...start.entries()].filter(([, p]) => p > 0)), moveCount);
}

function expectSame(situation: Situation): void {
  const outlook = lookThrough(situation);
  const written = writePomdp(outlook);
  invariant(written.ok, written.ok ? "" : JSON.stringify(written.error));

  expect(solvePomdp(written.value.join("\n"), situation.horizon + 1)).toBeCloseTo(outlook.capped.best?.value ?? 0, 8);
}

it("the optimum of the written file is that of the decision: a card of two contexts", () => {
  expectSame(readCard("s0-two-context").situation);
});

it("and that of the tiger, listened to twice at most", () => {
  const tiger = parseCard({
    id: "tiger",
    contexts: [
      { id: "left", prior: 0.5 },
      { id: "right", prior: 0.5 },
    ],
    catastropheUtility: -100,
    maxCatastropheProbability: 1,
    maxSteps: 2,
    steps: [
      {
        id: "listen",
        kind: "probe",
        cost: 1,
        maxUses: 2,
        outcomes: ["hear_left", "hear_right"],
        likelihood: { left: [0.85, 0.15], right: [0.15, 0.85] },
      },
    ],
    commits: [
      { id: "open_left", utility: 10, catastrophe: { left: 1 } },
      { id: "open_right", utility: 10, catastrophe: { right: 1 } },
      { id: "walk_away", kind: "escalate", utility: 0 },
    ],
  });
  invariant(tiger.ok, "the tiger is a card");

  // Two like answers open a door; unlike ones walk away.
  const [right, wrong] = [0.85 ** 2, 0.15 ** 2];
  const written = writePomdp(lookThrough(tiger.value));
  invariant(written.ok, "the tiger is small");
  expect(solvePomdp(written.value.join("\n"), 3)).toBeCloseTo(-2 + 10 * right - 100 * wrong, 9);
  expectSame(tiger.value);
});

it("and that of 60 random situations with rules of evidence, caps, uses, needs and steps that spoil others", () => {
  const rng = createRng(13);
  let lookCount = 0;
  for (let index = 0; index < 60; index += 1) {
    const parsed = parseSituation(
      documentOf(withPreconditions(rng, index % 3 === 0 ? randomModel(rng) : eagerModel(rng))),
    );
    invariant(parsed.ok, "the model is well-formed");
    expectSame(parsed.value);
    lookCount += (lookThrough(parsed.value).capped.best?.move ?? -1) >= 0 ? 1 : 0;
  }
  expect(lookCount).toBeGreaterThan(5);
});
