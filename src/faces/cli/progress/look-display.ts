import type { LookProgress, OnLook } from "../../../interlock.ts";
import type { CliContext } from "../context.ts";
import { describeLook } from "./describe-going.ts";
import { startTicker, type Ticker } from "./ticker.ts";

/** Shows on stderr how far looks at the world are. With `--json` it shows nothing: what reads that is no person. */
export function lookDisplay(
  context: CliContext,
  { json }: { readonly json: boolean },
): { readonly onLook: OnLook; readonly dispose: () => void } {
  let ticker: Ticker | null = null;
  let latest: LookProgress = { count: 0, doneCount: 0, underWay: [] };
  const sinceMs = new Map<string, number>();
  const end = (): void => {
    ticker?.dispose();
    ticker = null;
    sinceMs.clear();
  };
  return {
    onLook: (progress) => {
      if (json) return;
      latest = progress;
      if (progress.underWay.length === 0 && progress.doneCount > 0) return end();
      const nowMs = Date.now();
      for (const { object } of progress.underWay) if (!sinceMs.has(object)) sinceMs.set(object, nowMs);
      ticker ??= startTicker(context, (atMs) => describeLook(latest, sinceMs, atMs));
    },
    dispose: end,
  };
}
