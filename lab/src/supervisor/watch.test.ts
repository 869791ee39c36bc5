import { expect, it } from "vitest";
import type { Window } from "../contract/window.ts";
import { makeAction, makeWindows } from "../contract/window-fixture.ts";
import { createWatch } from "./watch.ts";

const FAULT_AT_MS = 6_000;

function play(
  fault: "DB" | "OUTAGE",
  count: number,
): {
  readonly watch: ReturnType<typeof createWatch>;
  readonly recorded: readonly Window[];
  readonly visible: readonly Window[];
} {
  const all = makeWindows(count, (index) => ({ goodCount: index * 1_000 >= FAULT_AT_MS ? 3 : 30 }));
  const watch = createWatch("lab-1", null);
  let recorded: readonly Window[] = [];
  const watched = { windows: () => recorded, readClockMs: () => recorded.at(-1)?.endMs ?? 0, epochMs: 0 };
  for (const window of all) {
    recorded = [...recorded, window];
    if (window.endMs === FAULT_AT_MS) watch.truth.noteFault(fault, 1, FAULT_AT_MS);
    watch.onWindow(watched, "http://127.0.0.1:1");
  }
  return { watch, recorded, visible: watch.visibleWindows(watched) };
}

it("under OUTAGE the public's windows end with the alert, the referee's go on", () => {
  const { watch, recorded, visible } = play("OUTAGE", 30);
  const episode = watch.truth.toEpisode(recorded, { name: "test" });

  expect(visible.at(-1)?.endMs).toBe(episode?.alert?.firedAtMs);
  expect(visible.length).toBeLessThan(30);
  expect(episode?.windows).toHaveLength(30);
  expect(watch.readAlert().kind).toBe("firing");
});

it("under any other fault the public sees every window", () => {
  expect(play("DB", 30).visible).toHaveLength(30);
});

it("an alert is sent once while it lasts", () => {
  expect(
    play("DB", 30)
      .watch.alerts()
      .map(({ status }) => status),
  ).toEqual(["firing"]);
});

it("what was done before the fault is no response to it, and an escalation alone is", () => {
  const { watch, recorded } = play("DB", 20);
  watch.truth.noteAction(makeAction(1_000));

  expect(watch.truth.toEpisode(recorded, { name: "test" })).toMatchObject({
    actions: [],
    decision: { response: "wait" },
  });
  watch.truth.noteEscalation();
  expect(watch.truth.toEpisode(recorded, { name: "test" })?.decision.response).toBe("escalate");
  watch.truth.noteAction(
    makeAction(12_000, { action: { kind: "terminate_sessions", role: "nightly-report", countMax: 3 } }),
  );
  expect(watch.truth.toEpisode(recorded, { name: "test" })?.decision.response).toBe("terminate_report");
});
