import { type ScreenText, screen } from "../../../core/value/screen.ts";
import { describeAbort, nameSome } from "../../../core/value/step-name.ts";
import type { Event, StepBrief } from "../../../interlock.ts";
import { changedText } from "../changed-lines.ts";
import { describeEvent, type EventLine } from "./describe-event.ts";

/**
 * The events of one run as lines for people. It knows the plan's steps by name, and tells the members of a wave that
 * was given up together, in one line.
 */
export interface StepTeller {
  /** The lines for an event; none when it tells a person nothing. */
  linesOf(event: Event): readonly EventLine[];
  readonly nameOf: (stepId: string) => string;
  readonly briefOf: (stepId: string) => StepBrief | null;
  /** What the last try of a step said that did not go well; `null` if it went well, or was not seen. */
  readonly lastWordOf: (stepId: string) => string | null;
}

/** A teller for a run of a plan with these steps. A step that is not among them is called by its id. */
export function stepTeller(steps: readonly StepBrief[]): StepTeller {
  const briefs = new Map(steps.map((step) => [step.id, step]));
  const nameOf = (stepId: string): string => briefs.get(stepId)?.name ?? stepId;
  const fleets = new Fleets(steps);
  const lastWords = new Map<string, string | null>();
  return {
    nameOf,
    briefOf: (stepId) => briefs.get(stepId) ?? null,
    lastWordOf: (stepId) => lastWords.get(stepId) ?? null,
    linesOf(event) {
      if (event.kind === "attempt_settled")
        lastWords.set(event.attempt.stepId, event.reply.kind === "applied" ? null : event.reply.problem.message);
      const brief = "stepId" in event && event.stepId !== null ? briefs.get(event.stepId) : undefined;
      if (fleets.takes(event, brief)) return [];
      const line = brief !== undefined && brief.between !== null ? fleets.beginLine(event, brief) : null;
      const own = brief !== undefined && brief.between !== null ? line : describeEvent(event, nameOf);
      return [...fleets.withheldLines(event), ...changedLines(event), ...(own === null ? [] : [own])];
    },
  };
}

/** What a write found otherwise than planned, before it is told that it was sent. */
function changedLines(event: Event): readonly EventLine[] {
  if (event.kind !== "step_intent") return [];
  return (event.changed ?? []).map((fact) => ({ mark: "!", tone: "warn", text: changedText(fact) }));
}

/** The fleets of a plan: who of them failed, and who is withheld for it. */
class Fleets {
  readonly #members: readonly StepBrief[];
  readonly #failed = new Map<string, number>();
  /** Members of which a person knows: sent, over, or told as withheld. */
  readonly #known = new Set<string>();
  readonly #waiting: StepBrief[] = [];

  constructor(steps: readonly StepBrief[]) {
    this.#members = steps.filter(({ wave }) => wave !== null);
  }

  /** Whether the event needs no line now: its step is withheld, and is told together with the others. */
  takes(event: Event, brief: StepBrief | undefined): boolean {
    if (event.kind === "step_intent") this.#known.add(event.attempt.stepId);
    if (brief === undefined) return false;
    if (event.kind === "step_failed" && brief.wave !== null) {
      this.#failed.set(brief.wave.of, (this.#failed.get(brief.wave.of) ?? 0) + 1);
      this.#known.add(brief.id);
    }
    if (event.kind === "step_settled") this.#known.add(brief.id);
    if (event.kind !== "step_skipped") return false;
    if (brief.between !== null)
      return this.#members.some((one) => one.wave?.of === brief.between && this.#why(one) !== null);
    if (this.#why(brief) === null) return false;
    this.#known.add(brief.id);
    this.#waiting.push(brief);
    return true;
  }

  /** The beginning of a wave, in place of the pause that stands between two. */
  beginLine(event: Event, brief: StepBrief): EventLine | null {
    if (event.kind === "step_skipped") return describeEvent(event, () => brief.name);
    const isWave = event.kind === "step_settled" && brief.name.startsWith("wave ");
    return isWave ? { mark: "·", tone: "dim", text: screen`${brief.name} begins` } : null;
  }

  /** What was withheld and not told yet, fleet by fleet. At the end of a run, also what never came up. */
  withheldLines({ kind }: Event): readonly EventLine[] {
    const isOver = kind === "run_ended" || kind === "run_dirty" || kind === "run_killed";
    const left = isOver ? this.#members.filter((one) => !this.#known.has(one.id) && this.#why(one) !== null) : [];
    const withheld = [...this.#waiting.splice(0), ...left];
    for (const { id } of left) this.#known.add(id);
    return withheldTexts(withheld.map((one) => ({ name: one.name, why: this.#why(one) ?? "" }))).map((text) => ({
      mark: "○",
      tone: "warn",
      text,
    }));
  }

  #why({ wave }: StepBrief): string | null {
    if (wave === null) return null;
    return describeAbort({ abortAbove: wave.abortAbove, failedCount: this.#failed.get(wave.of) ?? 0 });
  }
}

/** Steps that were needed and not sent, a line for each reason. */
export function withheldTexts(
  steps: readonly { readonly name: string; readonly why: string }[],
): readonly ScreenText[] {
  return [...Map.groupBy(steps, ({ why }) => why)].map(
    ([why, withheld]) => screen`withheld, not sent (${why}): ${nameSome(withheld.map(({ name }) => name))}`,
  );
}
