import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { printable, screen } from "../../../core/value/screen.ts";
import type { RunView, StepReading } from "../../../interlock.ts";
import { recordedContext } from "../context.fixture.ts";
import { bottomLine } from "./bottom-line.ts";
import { describeLook, describeRun } from "./describe-going.ts";
import { lookDisplay } from "./look-display.ts";
import { startTicker } from "./ticker.ts";

// What a person sees while nothing happens: what is done now, how far it is, what it waits for and until when.

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const step = (id: string, status: RunView["steps"][number]["status"]): RunView["steps"][number] => ({
  id,
  name: `config.set on config/${id} (${id})`,
  kind: "act",
  status,
  direction: null,
  outcome: null,
  attemptCount: 0,
  sinceMs: null,
  problem: null,
});

function viewOf(change: Partial<RunView> = {}): RunView {
  return {
    runId: "run_1",
    planHash: "sha256:0",
    phase: "running",
    sinceMs: 0,
    outcome: null,
    reason: null,
    stepCount: 3,
    doneCount: 1,
    steps: [step("c1", "settled"), step("c2", "sent"), step("c3", "pending")],
    waitingFor: [
      { stepId: "c2", kind: "reply", owner: null, sinceMs: 1_000, untilMs: 31_000, reason: "a call is in the air" },
    ],
    nextSteps: [],
    wrote: [],
    failed: [],
    unacknowledged: [],
    overwrote: [],
    broken: [],
    locks: [],
    ...change,
  };
}

const lineOf = (view: RunView, nowMs: number, reading: ReadonlyMap<string, StepReading> = new Map()): string | null => {
  const line = describeRun(view, reading, nowMs);
  return line === null ? null : printable(line);
};

describe("a run that goes on, in one line", () => {
  it("says how far it is and what is done now, and after some seconds what it waits for and until when", () => {
    expect(lineOf(viewOf(), 2_000)).toBe("1 of 3 steps over; now config.set on config/c2 (c2)");
    expect(lineOf(viewOf(), 7_000)).toBe(
      "1 of 3 steps over; now config.set on config/c2 (c2): a call is in the air, for 6 s, until " +
        "1970-01-01T00:00:31Z at the latest",
    );
  });

  it("says how a post-condition stands while it is read back", () => {
    const wait = {
      stepId: "c2",
      kind: "reading",
      owner: null,
      sinceMs: 0,
      untilMs: null,
      reason: "reads back",
    } as const;
    const reading: StepReading = {
      runId: "run_1",
      stepId: "c2",
      purpose: "after",
      isHolding: true,
      heldMs: 4_000,
      holdMs: 60_000,
      waitedMs: 5_000,
      problem: null,
    };

    expect(lineOf(viewOf({ waitingFor: [wait] }), 9_000, new Map([["c2", reading]]))).toContain(
      "reads back, which has held for 4 s of 60 s, for 9 s",
    );
  });

  it("names the person it waits for, and is silent when it waits for nothing", () => {
    const wait = { stepId: "c2", kind: "answer", owner: "alice", sinceMs: 0, untilMs: null, reason: "Go on?" } as const;

    expect(lineOf(viewOf({ waitingFor: [wait] }), 9_000)).toContain("(c2): waits for alice, for 9 s");
    expect(lineOf(viewOf({ waitingFor: [] }), 9_000)).toBeNull();
  });
});

describe("a look at the world, in one line", () => {
  const underWay = [
    { object: "host/a7", timeoutMs: 30_000 },
    { object: "host/a9", timeoutMs: 30_000 },
  ] as const;

  it("says what is read, how many were, and for how long the slowest is waited for", () => {
    const look = { count: 200, doneCount: 41, underWay };

    expect(printable(describeLook(look, new Map([["host/a7", 1_000]]), 2_000))).toBe(
      "reading the world: 41 of 200 read; now host/a7 and 1 more",
    );
    expect(printable(describeLook(look, new Map([["host/a7", 1_000]]), 8_000))).toBe(
      "reading the world: 41 of 200 read; now host/a7 and 1 more, for 7 s, until 1970-01-01T00:00:31Z at the latest",
    );
  });

  it("is told where there is no terminal after five seconds, then ever less often, and never with --json", async () => {
    const [plain, json] = [recordedContext(), recordedContext()];
    for (const [context, isJson] of [
      [plain, false],
      [json, true],
    ] as const)
      lookDisplay(context, { json: isJson }).onLook({ count: 200, doneCount: 41, underWay });

    await vi.advanceTimersByTimeAsync(4_000);
    const early = plain.printed.err;
    await vi.advanceTimersByTimeAsync(36_000);

    expect(early).toBe("");
    // After 5, 15 and 35 seconds.
    expect(plain.printed.err.split("\n")).toHaveLength(4);
    expect([plain.printed.out, json.printed.out, json.printed.err]).toEqual(["", "", ""]);
  });

  it("leaves the terminal once everything is read", async () => {
    const context = recordedContext({ isTerminal: true });
    const look = lookDisplay(context, { json: false });
    look.onLook({ count: 2, doneCount: 0, underWay });
    await vi.advanceTimersByTimeAsync(1_000);

    look.onLook({ count: 2, doneCount: 2, underWay: [] });
    await vi.advanceTimersByTimeAsync(5_000);

    expect(context.shown[0]).toBe("reading the world: 0 of 2 read; now host/a7 and 1 more");
    expect(context.shown.at(-1)).toBeNull();
    expect(context.printed.err).toBe("");
  });
});

describe("a ticker without a terminal", () => {
  it("says nothing while other lines are printed", async () => {
    const context = recordedContext();
    const ticker = startTicker(context, () => screen`still`);

    for (let round = 0; round < 10; round += 1) {
      await vi.advanceTimersByTimeAsync(4_000);
      ticker.heard();
    }

    expect(context.printed.err).toBe("");
    ticker.dispose();
  });
});

describe("the line at the bottom of a terminal", () => {
  it("is one row, makes way for everything else, and comes back below it", () => {
    let written = "";
    const stream = { isTTY: true, columns: 12, write: (text: string) => void (written += text) } as const;
    const line = bottomLine(stream, false);

    line.show?.(screen`reading host/a`);
    line.aside(() => stream.write("printed\n"));
    line.show?.(null);

    const [row, empty] = ["reading hos", "\r\u001b[2K"];
    expect(written).toBe(`${row}${empty}printed\n${row}${empty}`);
  });

  it("is none where stderr is no terminal, or one that cannot move its cursor", () => {
    const stream = { isTTY: true, columns: 80, write: () => undefined } as const;

    expect(bottomLine({ ...stream, isTTY: false }, false).show).toBeNull();
    expect(bottomLine({ ...stream, isTTY: false }, false).show).toBeNull();
    expect(bottomLine(stream, true).show).toBeNull();
  });
});
