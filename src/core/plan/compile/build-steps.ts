import type { Action } from "../../domain/domain.ts";
import { actionDigest } from "../../domain/domain-digest.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { buildStep } from "../kinds/index.ts";
import type { PlanStep } from "../plan.ts";
import type { BoundStep } from "./binding.ts";
import { buildCallStep } from "./build-call-step.ts";
import { beginPass, type Compilation, type Passed } from "./compilation.ts";
import type { GroundGuard } from "./ground-guard.ts";
import type { ImplicitEnding, ImplicitEndings } from "./implicit-endings.ts";
import type { BranchStep } from "./read-conditions.ts";
import type { StepBuild } from "./step-build.ts";

/** The plan's steps, those that the compiler adds last. */
export interface BuiltSteps {
  readonly steps: readonly PlanStep[];
  /** Inputs that an expectation reads. */
  readonly inputsUsed: readonly string[];
}

/** Pass 7. Builds the steps that the kernel runs. A step whose arguments were refused is left out. */
export function buildSteps(
  compilation: Compilation,
  from: {
    readonly conditions: readonly BranchStep[];
    readonly bound: ReadonlyMap<string, BoundStep>;
    readonly implicit: ImplicitEndings;
    readonly goal: GroundGuard;
  },
): Passed<BuiltSteps> {
  const { conditions, bound, implicit, goal } = from;
  const pass = beginPass(compilation);
  const build: StepBuild = { pass, digestOf: rememberDigests(compilation), inputsUsed: new Set() };
  const steps = conditions.flatMap(({ step, when }) => {
    const binding = bound.get(step.id);
    if (binding === undefined) return [];
    // Of two steps with one id, which is refused, the last was bound: all parts are taken from the same one.
    const { id, after, source } = binding.step;
    const built = buildStep(source.kind, {
      base: { id, purpose: source.purpose, after, when: when.text },
      isUnread: implicit.unread.has(id),
      failures: binding.step.failures,
      goalReads: goal.reads,
      literal: (name) => literalOf(binding, name),
      call: (kind) => buildCallStep(build, binding, { kind, when: when.text }),
    });
    return built ?? [];
  });
  const endings = implicit.endings.flatMap((ending) => buildEnding(ending, goal) ?? []);
  return { value: { steps: [...steps, ...endings], inputsUsed: [...build.inputsUsed] }, problems: pass.problems };
}

function literalOf(bound: BoundStep, name: string): JsonValue | undefined {
  const value = bound.args.find((argument) => argument.name === name)?.value;
  return value?.kind === "literal" ? value.value : undefined;
}

function buildEnding(ending: ImplicitEnding, goal: GroundGuard): PlanStep | undefined {
  return buildStep(ending.kind, {
    base: { id: ending.id, purpose: "", after: ending.after, when: ending.when.text },
    isUnread: false,
    failures: null,
    goalReads: goal.reads,
    literal: (name) => (name === "reason" ? ending.reason : name === "world" ? ending.world : undefined),
    call: () => undefined,
  });
}

function rememberDigests({ index }: Compilation): (action: Action) => Digest {
  const known = new Map<string, Digest>();
  return (action) => {
    const found = known.get(action.name) ?? actionDigest(action, index);
    known.set(action.name, found);
    return found;
  };
}
