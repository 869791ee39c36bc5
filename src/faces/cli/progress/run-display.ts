import { type ScreenText, screen } from "../../../core/value/screen.ts";
import type { Run, StepReading } from "../../../interlock.ts";
import type { CliContext } from "../context.ts";
import { describeRun } from "./describe-going.ts";
import { startTicker, type Ticker } from "./ticker.ts";

/** Shows on stderr what runs under way do and wait for: the first of them, and how many more there are. */
export function runDisplay(context: CliContext, runs: readonly Run[]): Ticker {
  const readings = new Map<string, StepReading>();
  const forget = runs.map((run) => run.onReading((reading) => void readings.set(reading.stepId, reading)));
  const ticker = startTicker(context, async (nowMs) => {
    const lines: ScreenText[] = [];
    for (const run of runs) {
      const view = await run.view();
      const line = view.ok && view.value.phase !== "ended" ? describeRun(view.value, readings, nowMs) : null;
      if (line !== null) lines.push(runs.length === 1 ? line : screen`${run.runId}: ${line}`);
    }
    const [first] = lines;
    if (first === undefined) return null;
    return lines.length === 1 ? first : screen`${first} (${lines.length - 1} more runs)`;
  });
  return {
    heard: ticker.heard,
    dispose: () => {
      for (const stop of forget) stop();
      ticker.dispose();
    },
  };
}
