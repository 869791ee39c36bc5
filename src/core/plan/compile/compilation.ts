import type { Action, Domain } from "../../domain/domain.ts";
import { type DomainIndex, indexDomain } from "../../domain/domain-index.ts";
import type { GuardValue } from "../../guard/formula.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Result } from "../../value/result.ts";
import type { Pins, Plan, PlanIntent, PlanPreparer, Proposer } from "../plan.ts";
import type { Proposal } from "../wire/proposal.ts";
import { toGuardValue } from "./ground-guard.ts";

/** Everything that a plan is made of besides the world. The same request and the same readings give the same bytes. */
export interface CompileRequest {
  readonly proposal: Proposal;
  readonly domain: Domain;
  readonly proposer: Proposer;
  /** What the operator asks for, as a guard over facts; `""` leaves the goal to the proposal. */
  readonly goal: string;
  /** What was asked for, to be kept in the plan; absent where nobody said. It is never the proposal's to say. */
  readonly intent?: AskedIntent;
  /** Who gives the command; absent where that is the person on whose behalf it is proposed. */
  readonly preparedBy?: PlanPreparer;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  readonly pins: Omit<Pins, "domain" | "engine" | "targets">;
  /** Digests (`actionDigest`) of the actions that have been done and undone once, on record. */
  readonly roundTrips: readonly Digest[];
  readonly parent: Plan["parent"];
}

/** What somebody asked for, in words. Who worded the goal is found out here and not said. */
export type AskedIntent = Omit<PlanIntent, "goalBy">;

/** What every pass of one compilation knows. */
export interface Compilation {
  readonly request: CompileRequest;
  readonly index: DomainIndex;
  readonly inputs: ReadonlyMap<string, JsonValue>;
  /** The inputs that a guard can compare with. */
  readonly guardInputs: ReadonlyMap<string, GuardValue>;
}

/**
 * What a pass hands on, and the problems it found. A pass goes on after a problem where it can, so that all are
 * reported.
 */
export interface Passed<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

/** A pass at work, with the problems it has found so far. Private to the pass. */
export interface Pass extends Compilation {
  readonly problems: Problem[];
}

/** Begins a compilation. */
export function beginCompilation(request: CompileRequest): Compilation {
  const guardInputs = request.inputs.flatMap(({ name, value }) => {
    const known = toGuardValue(value);
    return known === undefined ? [] : [[name, known] as const];
  });
  return {
    request,
    index: indexDomain(request.domain),
    inputs: new Map(request.inputs.map((input) => [input.name, input.value])),
    guardInputs: new Map(guardInputs),
  };
}

/** Begins a pass. */
export function beginPass(compilation: Compilation): Pass {
  return { ...compilation, problems: [] };
}

/** Takes a result's value, or adds its problems to those of the pass. */
export function takeOr<T>(pass: Pass, result: Result<T, readonly Problem[]>): T | undefined {
  if (result.ok) return result.value;
  pass.problems.push(...result.error);
  return undefined;
}

/** The action of this name, if the domain declares it. */
export function actionOf({ index }: Compilation, name: string): Action | undefined {
  return index.actions.get(name);
}
