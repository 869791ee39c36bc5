// `node bench/gate.ts`: time of the gate's stages (strict intake, compilation, review, hash, reading back) for
// proposals of 10, 100 and 1,000 steps in four shapes. Prints medians, and how they grow when there are ten times as
// many steps. Then the same for one step over a fleet in eleven waves, which may go on after ten failures, with the
// following of its effects and the outline.
import type { CompileRequest } from "../src/core/plan/compile/compilation.ts";
import { draftPlan } from "../src/core/plan/compile/compile.ts";
import type { Plan } from "../src/core/plan/plan.ts";
import { planHash } from "../src/core/plan/plan-hash.ts";
import { readPlan } from "../src/core/plan/read-plan.ts";
import { outlinePlan } from "../src/core/plan/show/outline.ts";
import { renderOutline } from "../src/core/plan/show/render-outline.ts";
import { renderReview } from "../src/core/plan/show/render-review.ts";
import { reviewPlan } from "../src/core/plan/show/review.ts";
import { parseProposal } from "../src/core/plan/wire/parse-proposal.ts";
import type { Proposal, ProposedStep } from "../src/core/plan/wire/proposal.ts";
import { outlookOf } from "../src/core/proof/outlook.ts";
import { canonicalText } from "../src/core/value/canonical.ts";
import { fleetDomain, scaleAll } from "../test/support/fleet.ts";
import { compileOrThrow, literal, probeLoad, proposalOf, requestOf, scale, step } from "../test/support/proposals.ts";

const shapes: Readonly<Record<string, (stepCount: number) => readonly ProposedStep[]>> = {
  "one after the other": (stepCount) =>
    numbers(stepCount).map((index) => scale(`s${index}`, { after: index === 0 ? [] : [`s${index - 1}`] })),
  "reads side by side": (stepCount) => numbers(stepCount).map((index) => look(`s${index}`)),
  // Independent pairs of a probe and a closer look. Only one of the probe's answers leads to the look.
  "probes and their looks": (stepCount) =>
    numbers(stepCount / 2).flatMap((index) => [
      probeLoad(`p${index}`),
      look(`s${index}`, { after: [`p${index}`], when: `p${index} == 'contention'` }),
    ]),
  // Each answer leads either on or to a fallback, and both lead to the next link.
  "a chain of choices": (stepCount) =>
    numbers(stepCount / 2).flatMap((index) => {
      const before =
        index === 0
          ? { after: [], when: "" }
          : { after: [`s${index - 1}`, `p${index - 1}`], when: `s${index - 1} == 'done' || p${index - 1} == 'idle'` };
      return [
        probeLoad(`p${index}`, before),
        scale(`s${index}`, { after: [`p${index}`], when: `p${index} == 'contention'` }),
      ];
    }),
};

function look(id: string, change: Partial<ProposedStep> = {}): ProposedStep {
  return step(id, { action: "k8s.get", args: [literal("deploy", "web")], ...change });
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function compile(proposal: Proposal): {
  readonly request: CompileRequest;
  readonly plan: Plan;
  readonly stateCount: number;
} {
  const request = requestOf(proposal);
  const draft = draftPlan(request);
  if (!draft.ok) throw new Error(JSON.stringify(draft.error.slice(0, 3)));
  return {
    request,
    plan: { ...draft.value.plan, pins: { ...draft.value.plan.pins, targets: [] } },
    stateCount: draft.value.branchStateCount,
  };
}

function medianMs(work: () => unknown): number {
  const timesMs: number[] = [];
  const endMs = performance.now() + 700;
  while (performance.now() < endMs || timesMs.length < 5) {
    const startMs = performance.now();
    work();
    timesMs.push(performance.now() - startMs);
  }
  timesMs.sort((left, right) => left - right);
  return timesMs[timesMs.length >> 1] ?? 0;
}

for (const [title, stepsOf] of Object.entries(shapes)) {
  let compiledBefore: number | undefined;
  for (const stepCount of [10, 100, 1_000]) {
    const proposal = proposalOf(stepsOf(stepCount));
    const text = JSON.stringify(proposal);
    const { request, plan, stateCount } = compile(proposal);
    const stored = JSON.parse(canonicalText(plan));
    const [parsed, compiled, reviewed, hashed, read] = [
      () => parseProposal(text),
      () => draftPlan(request),
      () => renderReview(reviewPlan(plan)),
      () => planHash(plan),
      () => readPlan(stored),
    ].map(medianMs);
    const growth =
      compiledBefore === undefined || compiled === undefined
        ? ""
        : `, ${(compiled / compiledBefore).toFixed(1)} times as long`;
    compiledBefore = compiled;
    const show = (value: number | undefined): string => `${(value ?? 0).toFixed(2)} ms`;
    const compilation = `compile ${show(compiled)} (${stateCount} states${growth})`;
    const rest = `review ${show(reviewed)}, hash ${show(hashed)}, read back ${show(read)}`;
    console.log(`${title}, ${stepCount} steps: intake ${show(parsed)}, ${compilation}, ${rest}`);
  }
}

const waves = { canary: 1, batch: { kind: "percent", percent: 10 }, abortAbove: 10 } as const;
for (const size of [49, 490, 4_900]) {
  const request = requestOf(proposalOf([scaleAll("s1")]), { domain: fleetDomain({ size, waves }) });
  const plan = compileOrThrow(request);
  const [compiled, foreseen, outlined] = [
    () => draftPlan(request),
    () => outlookOf(plan),
    () => renderOutline(reviewPlan(plan), outlinePlan(plan)),
  ].map(medianMs);
  const show = (value: number | undefined): string => `${(value ?? 0).toFixed(2)} ms`;
  console.log(`a fleet of ${size}: compile ${show(compiled)}, foresee ${show(foreseen)}, outline ${show(outlined)}`);
}
