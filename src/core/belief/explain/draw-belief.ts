import { escapeForTerminal } from "../../value/text.ts";
import { columns, percentText } from "../figures.ts";
import type { Situation } from "../situation/situation.ts";

const barWidth = 30;

/**
 * One line for each context, in declared order: a bar for what is believed now, and the figures before and now.
 *
 * @param belief.before - `null` when nothing was observed; there is then one column of figures
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
  // A context that is possible always gets a visible bar.
  const filled = probability > 0 ? Math.max(1, Math.round(probability * barWidth)) : 0;
  return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}
