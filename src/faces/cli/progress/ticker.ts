import { type ScreenText, screen } from "../../../core/value/screen.ts";
import type { CliContext } from "../context.ts";

/** Says again and again what is going on, until it is disposed of. */
export interface Ticker {
  /** Another line was printed, so nobody needs to be told again so soon. */
  heard(): void;
  dispose(): void;
}

/** How often a terminal's line is drawn anew, in milliseconds. */
const drawnEveryMs = 500;
/** After how much silence a line is printed where there is no terminal; then after twice as much, up to the most. */
const firstSilenceMs = 5_000;
const silenceMsMax = 60_000;

/**
 * A line that lives at the bottom of a terminal, and elsewhere plain lines on stderr: one after five seconds of
 * silence, then after twice as many, up to a minute.
 *
 * @param describe - what is going on now; `null`: nothing that a person waits for
 */
export function startTicker(
  context: CliContext,
  describe: (nowMs: number) => ScreenText | null | Promise<ScreenText | null>,
): Ticker {
  const startMs = Date.now();
  let heardMs = startMs;
  let silenceMs = firstSilenceMs;
  let isBusy = false;
  let isOver = false;
  const { status } = context;
  const tick = async (): Promise<void> => {
    const nowMs = Date.now();
    if (isBusy || isOver || (status === null && nowMs - heardMs < silenceMs)) return;
    isBusy = true;
    const text = await describe(nowMs);
    isBusy = false;
    // It may have been disposed of meanwhile.
    if (isOver) return;
    if (status !== null) return status(text);
    if (text === null) return;
    context.err(screen`${text}\n`);
    heardMs = nowMs;
    silenceMs = Math.min(2 * silenceMs, silenceMsMax);
  };
  const timer = setInterval(() => void tick().catch(() => undefined), drawnEveryMs);
  timer.unref();
  return {
    heard: () => {
      heardMs = Date.now();
      silenceMs = firstSilenceMs;
    },
    dispose: () => {
      isOver = true;
      clearInterval(timer);
      status?.(null);
    },
  };
}
