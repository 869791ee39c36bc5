import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { appendAll, openOwned, scratchFolder } from "../../src/log/sqlite/store.fixture.ts";
import type { AppendBatch } from "../../src/log/store.ts";
import { checkHistory, type Said } from "./check-history.ts";
import type { Effect, EffectServer } from "./effect-server.ts";
import { runTorture } from "./run-torture.ts";

it("20 kills at random instants violate nothing that the other side can count", async () => {
  const torture = await runTorture({ cycles: 20, seed: 7 });

  expect(torture.violations).toEqual([]);
  // A torture that does too little work shows nothing.
  expect(torture.takenOverCount).toBeGreaterThan(4);
  expect(torture.effectCount).toBeGreaterThan(15);
}, 600_000);

describe("the oracle", () => {
  const endedAtMs = 2_000;

  function event(kind: string, atMs: number, body: Readonly<Record<string, JsonValue>>): AppendBatch {
    return {
      durability: "synced",
      documents: [],
      records: [{ stream: "run_a", atMs, kind, body: { kind, runId: "run_a", ...body } }],
    };
  }

  function intent(stepId: string, direction: string, key: string): AppendBatch {
    return event("step_intent", 1_000, { access: "write", idempotencyKey: key, attempt: { stepId, direction } });
  }

  function effect(key: string, atMs = 1_500, path = "cells/c0"): Effect {
    return { key, path, atMs, kind: "applied" };
  }

  /** Checks a run of two steps that ended as said, against what the other side counted. */
  async function find(options: {
    readonly outcome: string;
    readonly effects: readonly Effect[];
    readonly said?: readonly Said[];
  }): Promise<readonly string[]> {
    const folder = join(scratchFolder(), "store");
    const store = openOwned(folder);
    await appendAll(
      store,
      [
        event("run_started", 1_000, {
          planHash: "sha256:1",
          actor: { id: "ada" },
          authorization: { approvalId: "ap_1" },
        }),
        intent("s1", "do", "k1"),
        intent("s2", "do", "k2"),
        event("step_settled", 1_600, { stepId: "s1", outcome: "done" }),
        ...(options.outcome === "compensated" ? [intent("s1", "undo", "u1")] : []),
        event("run_ended", endedAtMs, { outcome: options.outcome }),
      ].sort((left, right) => (left.records[0]?.atMs ?? 0) - (right.records[0]?.atMs ?? 0)),
    );
    await store.close();
    const opened = openReader(folder);
    if (!opened.ok) throw new Error(opened.error.message);
    const server = { effects: options.effects, counts: new Map([["t0", 1]]) } as unknown as EffectServer;
    const bumped = options.effects.some(({ path }) => path === "tallies/t0");
    const { violations } = checkHistory(
      opened.value,
      bumped ? server : { ...server, counts: new Map() },
      options.said ?? [],
    );
    opened.value.close();
    return violations;
  }

  it("finds nothing in a history that is sound", async () => {
    const said: readonly Said[] = [
      { kind: "owner", epoch: 1 },
      { kind: "started", runId: "run_a" },
      { kind: "rested", runId: "run_a", isEnded: true, view: { outcome: "succeeded" } },
    ];

    expect(await find({ outcome: "succeeded", effects: [effect("k1"), effect("k2", 1_700)], said })).toEqual([]);
    expect(await find({ outcome: "compensated", effects: [effect("k1"), effect("u1", 1_800)] })).toEqual([]);
  });

  it.each([
    [
      "an effect without an intent",
      { outcome: "succeeded", effects: [effect("k1"), effect("k9")] },
      "I8: an effect on cells/c0 has no intent in the log",
    ],
    [
      "an effect that happened twice",
      { outcome: "succeeded", effects: [effect("k1"), effect("k1", 1_600)] },
      "I3: run_a/s1 had its effect 2 times",
    ],
    [
      "a step that is done without an effect",
      { outcome: "succeeded", effects: [effect("k2")] },
      "I20: run_a/s1 is done, and nothing happened",
    ],
    [
      "a compensation that was not carried out",
      { outcome: "compensated", effects: [effect("k1")] },
      "I4: run_a/s1 was done 1 times and undone 0 times",
    ],
    [
      "an effect after the end",
      { outcome: "succeeded", effects: [effect("k1"), effect("k2", endedAtMs + 1)] },
      "I11: run_a/s2 had an effect after the run had ended",
    ],
    [
      "an effect after its compensation",
      { outcome: "compensated", effects: [effect("u1", 1_400), effect("k1", 1_500)] },
      "I11: run_a/s1 had its effect after it was undone",
    ],
    [
      "an acknowledged start that is gone",
      { outcome: "succeeded", effects: [effect("k1")], said: [{ kind: "started", runId: "run_b" }] },
      "I8: run_b was acknowledged and is not in the log",
    ],
    [
      "another end than was said",
      {
        outcome: "succeeded",
        effects: [effect("k1")],
        said: [{ kind: "rested", runId: "run_a", isEnded: true, view: { outcome: "compensated" } }],
      },
      "I8: run_a was said to have ended `compensated`, the log says `succeeded`",
    ],
    [
      "an epoch that came again",
      {
        outcome: "succeeded",
        effects: [effect("k1")],
        said: [
          { kind: "owner", epoch: 2 },
          { kind: "owner", epoch: 2 },
        ],
      },
      "I19: epoch 2 after 2",
    ],
    [
      "books of the server that do not agree",
      {
        outcome: "succeeded",
        effects: [effect("k1"), effect("k2", 1_500, "tallies/t0"), effect("k2", 1_501, "tallies/t0")],
      },
      "the server bumped t0 2 times and counts 1",
    ],
  ] as const)("finds %s", async (_, history, violation) => {
    expect(await find(history)).toContain(violation);
  });
});
