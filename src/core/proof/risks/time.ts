import type { Plan } from "../../plan/plan.ts";
import { invariant } from "../../value/invariant.ts";
import { quote } from "../../value/text.ts";
import { describeDuration } from "../../value/units.ts";
import { named, type Ran, type Risk } from "./risk.ts";

/*
 * What a plan's own pauses do. Only waits and questions are counted: how long a call takes is not known. A question is
 * counted with all the time that a person may take.
 */

/** Locks that are kept for longer than this without a write are told. */
const idleMaxMs = 3_600_000;

/** When each step of a course begins, in milliseconds after the run. */
interface Timetable {
  readonly writes: readonly { readonly id: string; readonly atMs: number }[];
  readonly endMs: number;
}

/** The times of a course, if each step begins as soon as it can. */
function timetableOf({ steps }: Plan, ran: Ran, isCertain: boolean): Timetable {
  const isRun = new Set(ran.map(({ at }) => at));
  const places = new Map(steps.map(({ id }, at) => [id, at]));
  const overMs: number[] = [];
  const writes: { id: string; atMs: number }[] = [];
  let endMs = 0;
  for (const [at, step] of steps.entries()) {
    const startMs = Math.max(0, ...step.after.map((id) => overMs[places.get(id) ?? -1] ?? 0));
    const takesMs = step.kind === "wait" ? step.forMs : step.kind === "approve" && !isCertain ? step.withinMs : 0;
    overMs.push(startMs + (isRun.has(at) ? takesMs : 0));
    endMs = Math.max(endMs, overMs[at] ?? 0);
    const isWrite = step.kind === "act" && step.class !== "read";
    if (isWrite && isRun.has(at)) writes.push({ id: step.id, atMs: startMs });
  }
  writes.sort((one, other) => one.atMs - other.atMs);
  return { writes, endMs };
}

/** How much time passes on a course between its first write and its last, in milliseconds. */
function spanOf({ writes }: Timetable): number {
  const [first, last] = [writes[0], writes.at(-1)];
  return first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
}

/**
 * The most time that passes for certain between the first write and the last, on any of these courses: questions may be
 * answered at once and are not counted.
 */
export function certainSpanOf(plan: Plan, courses: readonly Ran[]): number {
  return Math.max(0, ...courses.map((ran) => spanOf(timetableOf(plan, ran, true))));
}

/** A plan whose last write may come when its approval counts no more. */
export function outlastsApproval(plan: Plan, courses: readonly Ran[], approvalMs: number | null): readonly Risk[] {
  if (approvalMs === null) return [];
  const longest = longestBy(courses, (ran) => spanOf(timetableOf(plan, ran, false)), plan);
  if (longest === null || longest.ms < approvalMs) return [];
  const { writes } = longest.timetable;
  const [first, last] = [writes[0], writes.at(-1)];
  invariant(first !== undefined && last !== undefined, "time passes between two writes");
  const passes = `${describeDuration(longest.ms)} may pass between ${quote(first.id)} and ${quote(last.id)}`;
  const text = `${passes}, and an approval counts for ${describeDuration(approvalMs)} here`;
  return [{ code: "outlasts_approval", steps: [first.id, last.id], text }];
}

/** Locks that the run keeps for long while nothing is written. */
export function idleLocks(plan: Plan, courses: readonly Ran[]): readonly Risk[] {
  const locks = [...new Set(plan.steps.flatMap((step) => ("locks" in step ? step.locks : [])))].sort();
  if (locks.length === 0) return [];
  const longest = longestBy(courses, (ran) => longestIdle(timetableOf(plan, ran, false)), plan);
  if (longest === null || longest.ms <= idleMaxMs) return [];
  const verb = locks.length === 1 ? "stays" : "stay";
  const text = `${named(locks)} ${verb} locked for up to ${describeDuration(longest.ms)} without a write`;
  return [{ code: "idle_lock", steps: [], text }];
}

/** A run takes its locks when it starts, and gives them back when it ends. */
function longestIdle({ writes, endMs }: Timetable): number {
  const times = [0, ...writes.map(({ atMs }) => atMs), endMs];
  return Math.max(...times.map((atMs, index) => atMs - (times[index - 1] ?? 0)));
}

/** Time that passes before the first write although an invariant is false. */
export function lateRepairs(plan: Plan, courses: readonly Ran[], restored: readonly string[]): readonly Risk[] {
  const [name] = restored;
  if (name === undefined) return [];
  const longest = longestBy(courses, (ran) => timetableOf(plan, ran, false).writes[0]?.atMs ?? 0, plan);
  const first = longest?.timetable.writes[0];
  if (longest === null || longest.ms === 0 || first === undefined) return [];
  const passes = `up to ${describeDuration(longest.ms)} pass before ${quote(first.id)}, the first write`;
  const text = `the invariant ${quote(name)} is false now, and ${passes}`;
  return [{ code: "late_repair", steps: [first.id], text }];
}

function longestBy(
  courses: readonly Ran[],
  msOf: (ran: Ran) => number,
  plan: Plan,
): { readonly ms: number; readonly timetable: Timetable } | null {
  let longest: { readonly ms: number; readonly ran: Ran } | null = null;
  for (const ran of courses) {
    const ms = msOf(ran);
    if (longest === null || ms > longest.ms) longest = { ms, ran };
  }
  return longest === null ? null : { ms: longest.ms, timetable: timetableOf(plan, longest.ran, false) };
}
