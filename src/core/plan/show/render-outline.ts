import { askerName } from "../../value/actor-name.ts";
import { canonicalText } from "../../value/canonical.ts";
import { joined, printable, quoted, type ScreenText, says, screen, wrapRows } from "../../value/screen.ts";
import { nameSome } from "../../value/step-name.ts";
import { counted } from "../../value/units.ts";
import type { ChangeGroup } from "./group-changes.ts";
import type { PlanOutline } from "./outline.ts";
import type { PlanEnding } from "./plan-endings.ts";
import { reviewRowCount, reviewWidthChars } from "./render-review.ts";
import type { Review, ReviewMark } from "./review.ts";
import type { PlannedUndo } from "./way-back-order.ts";
import { detailsOf, headOf, shortText } from "./word-change.ts";
import { goalLabel } from "./word-goal.ts";

/**
 * The outline as rows for a terminal: what was asked, what changes, the way back, the endings and the bounds, and last
 * the hash. It says how many rows the whole review has beyond it. Texts of others are inert, as in `renderReview`.
 *
 * @param viewer - who reads it, so that the outline can say "you"; `null` if that is not known
 */
export function renderOutline(review: Review, outline: PlanOutline, viewer: string | null = null): string {
  const rows = rowsOf(review, outline, viewer);
  const more = counted(Math.max(reviewRowCount(review) - rows.split("\n").length, 0), "more row");
  const left = screen`this leaves out what each step reads and sends, and the pins; \`show --full\` shows ${more}`;
  const tail = joined([left, screen`plan ${review.planName}`, screen`${review.planHash}`], "\n");
  return `${rows}\n${wrapRows(printable(tail), reviewWidthChars)}\n`;
}

function rowsOf(review: Review, outline: PlanOutline, viewer: string | null): string {
  const lines: readonly ScreenText[] = [
    ...openingRows(outline, viewer),
    ...review.summary
      .filter(({ label }) => openingLabels.has(label))
      .map(({ label, text }) => screen`${label}: ${text}`),
    screen``,
    ...changeRows(outline),
    ...markRows(review),
    ...questionRows(review),
    screen``,
    ...wayBackRows(outline),
    screen`endings, each with its exit code`,
    ...outline.endings.map((ending) => screen`  ${endingRow(ending)}`),
    ...review.summary.filter(({ label }) => label === "at most").map(({ label, text }) => screen`${label}: ${text}`),
  ];
  return wrapRows(printable(joined(lines, "\n")), reviewWidthChars);
}

const noGoal = "none: success means that each step was done, and nothing more";

const openingLabels: ReadonlySet<string> = new Set(["proposed by", "prepared by", "proof"]);

/** What was asked, what success will be judged by, and whose words that is. */
function openingRows(outline: PlanOutline, viewer: string | null): readonly ScreenText[] {
  const { goal, proposer, inputs } = outline;
  const given = inputs.map(({ name, value }) => screen`${name} = ${shortText(canonicalText(value), inputCharsMax)}`);
  return [
    ...askedRows(outline),
    screen`${goalLabel(outline, viewer)}: ${goal === "" ? noGoal : shortText(goal)}`,
    ...(proposer.kind === "workflow" ? [screen`workflow: ${quoted(proposer.id)}`] : []),
    ...(given.length === 0 ? [] : [screen`given: ${joined(given, ", ")}`]),
  ];
}

function askedRows({ asked, preparedBy, summary }: PlanOutline): readonly ScreenText[] {
  const said = summary === "" ? [] : [says("the proposer", shortText(summary, askedCharsMax))];
  const asker = asked === null ? "" : askerName(asked.by, preparedBy);
  if (asked !== null && asked.text !== "") return [screen`asked: ${says(asker, shortText(asked.text, askedCharsMax))}`];
  const missing = asked === null ? screen`not recorded` : screen`${asker} gave no words`;
  return [screen`asked: ${joined([missing, ...said], "; ")}`];
}

const inputCharsMax = 120;

const askedCharsMax = 400;

function changeRows({ changes, unneeded }: PlanOutline): readonly ScreenText[] {
  const count = (groups: readonly ChangeGroup[]): number =>
    groups.reduce((sum, { stepIds }) => sum + stepIds.length, 0);
  const irreversible = count(changes.filter((group) => group.class === "irreversible"));
  const objects = new Set(changes.flatMap(({ targets }) => targets));
  const total = `${counted(count(changes), "write")} on ${counted(objects.size, "object")}`;
  const without = new Set(unneeded);
  return [
    changes.length === 0
      ? screen`changes: none, the plan only reads`
      : screen`changes: ${total}, ${irreversible === 0 ? "none" : `${irreversible}`} irreversible`,
    ...changes.flatMap((group, index) => [
      screen`  ${index + 1} ${headOf(group)}`,
      ...detailsOf(group).map((row) => screen`      ${row}`),
    ]),
    ...changes.flatMap(({ action, stepIds }) => {
      const needless = stepIds.filter((id) => without.has(id));
      return needless.length === 0 ? [] : [screen`! not needed for the goal: ${action} (${nameSome(needless)})`];
    }),
  ];
}

/** The rows of changes say these themselves. */
const saidByChanges: ReadonlySet<ReviewMark["kind"]> = new Set(["irreversible", "unearned", "no_way_back", "unfenced"]);

/** More marks of one sort than these are counted. */
const marksOfSortMax = 6;

function markRows({ marks }: Review): readonly ScreenText[] {
  const byText = new Map<string, { readonly mark: ReviewMark; readonly stepIds: string[] }>();
  for (const mark of marks) {
    // What the goal's own row says is not said again.
    if (saidByChanges.has(mark.kind) || mark.kind === "no_goal") continue;
    const known = byText.get(`${mark.kind} ${mark.text}`) ?? { mark, stepIds: [] };
    if (mark.stepId !== null) known.stepIds.push(mark.stepId);
    byText.set(`${mark.kind} ${mark.text}`, known);
  }
  // Marks that say the same of different things are of one sort.
  const told = new Map<string, number>();
  const rows = [...byText.values()].flatMap(({ mark, stepIds }) => {
    const sort = `${mark.kind} ${mark.text.replaceAll(/`[^`]*`|\d+/g, "")}`;
    const number = (told.get(sort) ?? 0) + 1;
    told.set(sort, number);
    const where = stepIds.length === 0 ? "" : ` (${nameSome(stepIds)})`;
    return number > marksOfSortMax ? [] : [screen`! ${mark.text}${where}`];
  });
  const left = [...told].flatMap(([sort, number]) =>
    number > marksOfSortMax
      ? [screen`! and ${number - marksOfSortMax} more like it (${sort.split(" ")[0] ?? ""}) that \`show --full\` shows`]
      : [],
  );
  return [...rows, ...left];
}

/** A person is asked while the run waits, and decides by these words. */
function questionRows({ steps }: Review): readonly ScreenText[] {
  const asked = steps.filter(({ kind }) => kind === "approve");
  const left = asked.length - questionsMax;
  return [
    ...asked.slice(0, questionsMax).map(({ id, title }) => screen`? ${id}: ${title}`),
    ...(left > 0 ? [screen`? and ${counted(left, "more question")} that \`show --full\` shows`] : []),
  ];
}

const questionsMax = 8;

function wayBackRows({ changes, wayBack }: PlanOutline): readonly ScreenText[] {
  const numbers = (isWanted: (group: ChangeGroup) => boolean): string =>
    changes.flatMap((group, index) => (isWanted(group) ? [String(index + 1)] : [])).join(", ");
  const undone = numbers(({ wayBack, class: grade }) => wayBack !== null && grade === "reversible");
  const untried = numbers(({ wayBack, class: grade }) => wayBack !== null && grade !== "reversible");
  const lasting = numbers(({ wayBack }) => wayBack === null);
  if (changes.length === 0) return [];
  return [
    wayBack.every(({ kind }) => kind === "undo")
      ? screen`way back, newest write first`
      : screen`way back, in this order`,
    ...orderRows(wayBack),
    ...(undone === "" ? [] : [screen`  undone and read back: ${undone}`]),
    ...(untried === "" ? [] : [screen`  undone by a way back that has never been tried: ${untried}`]),
    ...(lasting === "" ? [] : [screen`  ! cannot be undone: ${lasting}`]),
  ];
}

/** As many rows of a way back as an outline shows. */
const orderRowsMax = 12;

/** The order of a way back that is not simply newest first. Equal writes in a row are one row. */
function orderRows(wayBack: PlanOutline["wayBack"]): readonly ScreenText[] {
  if (wayBack.every(({ kind }) => kind === "undo")) return [];
  const runs: { readonly first: PlannedUndo; readonly all: PlannedUndo[] }[] = [];
  for (const each of wayBack) {
    const last = runs.at(-1);
    if (last !== undefined && last.first.kind === each.kind && last.first.action === each.action) last.all.push(each);
    else runs.push({ first: each, all: [each] });
  }
  const rows = runs.slice(0, orderRowsMax).map(({ first, all }) => {
    // An action on the whole domain has no object.
    const objects = all.flatMap(({ target }) => target ?? []);
    const on = objects.length === 0 ? "" : ` on ${nameSome(objects)}`;
    const steps = nameSome(all.map(({ stepId }) => stepId));
    const covers = all.flatMap((each) => each.covers);
    const put = covers.length === 0 ? "" : `; puts right ${nameSome(covers)}, with no undo of its own`;
    if (first.kind === "then_run") return screen`  then run ${first.action ?? ""}${on}${put}`;
    const how = first.action === null ? "no way back" : `by ${first.action}`;
    return screen`  undo ${steps}${on}, ${how}`;
  });
  const left = runs.length - rows.length;
  return left > 0 ? [...rows, screen`  and ${counted(left, "more row")} that \`show --full\` shows by step`] : rows;
}

function endingRow({ cause, when, reason, follows, world, exitCodes, stepIds }: PlanEnding): ScreenText {
  const which = when === "" ? "" : ` (${nameSome(stepIds)})`;
  const said = reason === null ? screen`` : screen`; ${says("the plan", shortText(reason, reasonCharsMax))}`;
  return screen`${exitCodes.join(" or ")}: ${cause}${which}: ${follows}; world: ${world}${said}`;
}

const reasonCharsMax = 160;
