import { escapeForTerminal } from "../../value/text.ts";
import { columns, percentText } from "../figures.ts";
import type { Situation } from "../situation/situation.ts";

const barWidth = 30;

/**
 * A bar per context, in declared order: what was believed before and what is believed now.
 *
 * @param before - `null` when nothing was observed: then there is one column of figures
 */
export function drawBelief(
  situation: Situation,
  belief: { readonly before: readonly number[] | null; readonly after: readonly number[] },
): readonly string[] {
  const rows = situation.contexts.map((context, index) => {
    const after = belief.after[index] ?? 0;
    const figures =
      belief.before === null
        ? [percentText(after)]
        : [percentText(belief.before[index] ?? 0), `→ ${percentText(after)}`];
    return [escapeForTerminal(context.id), bar(after), ...figures];
  });
  return columns(rows, ["left", "left", "right", "right"]);
}

function bar(probability: number): string {
  // What is possible is never drawn as nothing.
  const filled = probability > 0 ? Math.max(1, Math.round(probability * barWidth)) : 0;
  return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}
