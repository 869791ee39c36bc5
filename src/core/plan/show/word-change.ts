import { canonicalText } from "../../value/canonical.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { type ScreenText, screen } from "../../value/screen.ts";
import { nameSome } from "../../value/step-name.ts";
import { counted } from "../../value/units.ts";
import type { ChangeArgument, ChangeGroup, OwnValue } from "./group-changes.ts";
import { nameRanges } from "./name-objects.ts";
import type { FactChange } from "./study-writes.ts";

/*
 * A group of equal writes in rows, as the outline and the summary before a question show it. What is cut says so.
 */

/** A group in one row: `~ workers 4 → 8 on 200 hosts (w1 … w200)`. */
export function headOf(group: ChangeGroup, charsMax: number = namesCharsMax): ScreenText {
  const mark = group.class === "irreversible" ? "!" : "~";
  const where = whereOf(group, charsMax);
  if (group.changes.length === 0) return screen`${mark} ${group.action}${where}: what it changes is not declared`;
  return screen`${mark} ${group.changes.map(wordFact).join(", ")}${where}`;
}

/** What else decides about a group: action and arguments, conditions, failure and way back. */
export function detailsOf(group: ChangeGroup): readonly ScreenText[] {
  const { action, args, connection, operation, when, pre, onFailure, meanwhile, ownValues, differs, stepIds } = group;
  const given = args.length === 0 ? "" : ` with ${args.map(wordArgument).join(", ")}`;
  const first = stepIds.length > 1 && when !== "" ? ` (${stepIds[0] ?? ""}; the others alike)` : "";
  const conditions = [
    ...(when === "" ? [] : [`if ${shortText(when)}${first}`]),
    ...(pre === "" ? [] : [`only if ${shortText(pre)}`]),
    ...(meanwhile.length === 0
      ? []
      : [`meanwhile ${meanwhile.map(({ fact, after }) => `${fact} is ${shortValue(after)}`).join(", ")}`]),
    `on failure ${onFailure}`,
    wayBackOf(group),
    ...(group.fenced ? [] : ["unfenced"]),
    ...(group.waves === null ? [] : [wavesOf(group.waves)]),
    ...(ownValues.length === 0 ? [] : [`each sends its own ${ownValues.map(wordOwnValue).join(", ")}`]),
  ];
  return [
    screen`${action}${given}, by ${connection}/${operation}`,
    screen`${conditions.join("; ")}`,
    // Groups whose first rows differ need not be told apart.
    ...(differs === null || differs.in.includes("arguments") || differs.in.includes("effect")
      ? []
      : [screen`differs from ${differs.from + 1} in: ${differs.in.join(", ")}`]),
  ];
}

/** Few values are shown. The range of many is not, because each is what the inventory says of its object. */
function wordOwnValue({ at, values }: OwnValue): string {
  return values.length > ownValuesShownMax ? at : `${at} (${values.map((value) => shortText(value, 60)).join(", ")})`;
}

const ownValuesShownMax = 4;

function wavesOf({ count, abortAbove, size }: NonNullable<ChangeGroup["waves"]>): string {
  const limit =
    abortAbove === 0 ? "abort at the first failure" : `abort above ${counted(abortAbove, "failure")} of ${size}`;
  return `in ${counted(count, "wave")}, ${limit}`;
}

function wayBackOf({ class: grade, wayBack, thenRun }: ChangeGroup): string {
  if (wayBack === null) return grade === "irreversible" ? "IRREVERSIBLE, there is no way back" : "there is no way back";
  const way = [wayBack, ...thenRun.map(wordThenRun)].join(", then ");
  if (grade === "irreversible") return `counts as IRREVERSIBLE, its way back ${way} has never been tried`;
  return `undone by ${way}`;
}

function wordThenRun({ action, targets }: ChangeGroup["thenRun"][number]): string {
  const named = targets.flatMap((target) => target ?? []);
  return named.length === 0 ? action : `${action} on ${nameSome(named)}`;
}

/** Where a group writes: ` on 200 hosts (w1 … w200)`. */
function whereOf({ targets }: ChangeGroup, charsMax: number): string {
  const named = targets.flatMap((target) => target ?? []);
  const [only] = named;
  if (only === undefined) return targets.length === 1 ? "" : `, ${targets.length} times`;
  const objects = [...new Set(named)];
  const times = named.length > objects.length ? `, ${named.length} times` : "";
  if (objects.length === 1) return ` on ${only}${times}`;
  const type = only.slice(0, only.indexOf("/"));
  return ` on ${counted(objects.length, type)} (${shortNames(
    objects.map((object) => object.slice(type.length + 1)),
    charsMax,
  )})${times}`;
}

/** More than these would take the screen. */
const namesCharsMax = 1_500;

function shortNames(names: readonly string[], charsMax: number): string {
  const ranges = nameRanges(names);
  let length = 0;
  const shown = ranges.filter((range) => {
    length += range.length + 2;
    return length <= charsMax;
  });
  const left = ranges.length - shown.length;
  return `${shown.join(", ")}${left === 0 ? "" : `, and ${counted(left, "more name")} that \`show --full\` shows`}`;
}

function wordFact({ fact, before, after }: FactChange): string {
  const [first, ...others] = before;
  const was = first === undefined ? "unknown" : shortValue(first);
  return `${fact} ${was} → ${shortValue(after)}${others.length === 0 ? "" : ` (or from ${wordOthers(others)})`}`;
}

function wordOthers(values: readonly JsonValue[]): string {
  const more = values.length - othersShownMax;
  const shown = values.slice(0, othersShownMax).map(shortValue).join(" or ");
  return more > 0 ? `${shown} or ${counted(more, "other value")}` : shown;
}

const othersShownMax = 3;

function wordArgument(argument: ChangeArgument): string {
  if (argument.kind === "literal") return `${argument.name} = ${shortValue(argument.value)}`;
  return `${argument.name} = ${argument.stepId}#${argument.path} (known only while running)`;
}

/** A value may be a text of the proposer. A long one would take the screen. */
function shortValue(value: JsonValue): string {
  const isWord = typeof value === "string" && /^[A-Za-z_][\w.:/-]*$/.test(value) && !notWords.has(value);
  return shortText(isWord ? value : canonicalText(value), valueCharsMax);
}

/** Texts that would read like another value without quotation marks. */
const notWords: ReadonlySet<string> = new Set(["true", "false", "null", "unknown", "or"]);

const valueCharsMax = 60;
const guardCharsMax = 240;

/** A text, or its beginning and how much is missing. */
export function shortText(text: string, charsMax: number = guardCharsMax): string {
  if (text.length <= charsMax) return text;
  return `${text.slice(0, charsMax).toWellFormed()}… (${text.length - charsMax} more characters)`;
}
