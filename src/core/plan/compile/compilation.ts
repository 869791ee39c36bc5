import type { Action, Domain } from "../../domain/domain.ts";
import { type DomainIndex, indexDomain } from "../../domain/domain-index.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Pins, Plan, Proposer } from "../plan.ts";
import type { Proposal } from "../wire/proposal.ts";

/** Everything a plan is made of besides the world: with the same request and the same readings come the same bytes. */
export interface CompileRequest {
  readonly proposal: Proposal;
  readonly domain: Domain;
  readonly proposer: Proposer;
  /** What the operator asks for, as a guard over facts; `""` leaves the goal to the proposal. */
  readonly goal: string;
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  readonly pins: Omit<Pins, "domain" | "engine" | "targets">;
  /** Digests of the actions (`actionDigest`) whose do-undo round trip is on record. */
  readonly roundTrips: readonly Digest[];
  readonly parent: Plan["parent"];
}

/** One compilation: the request, the domain's names, and the problems found so far. Private to one call. */
export interface Compilation {
  readonly request: CompileRequest;
  readonly index: DomainIndex;
  readonly inputs: ReadonlyMap<string, JsonValue>;
  readonly inputsUsed: Set<string>;
  readonly problems: Problem[];
}

/** Begins a compilation. */
export function beginCompilation(request: CompileRequest): Compilation {
  return {
    request,
    index: indexDomain(request.domain),
    problems: [],
    inputsUsed: new Set(),
    inputs: new Map(request.inputs.map((input) => [input.name, input.value])),
  };
}

/** Takes a result's value, or its problems into the collection. */
export function takeOr<T>(
  compilation: Compilation,
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: readonly Problem[] },
): T | undefined {
  if (result.ok) return result.value;
  compilation.problems.push(...result.error);
  return undefined;
}

/** The action a step names, if the domain declares it. */
export function actionOf(compilation: Compilation, name: string): Action | undefined {
  return compilation.index.actions.get(name);
}
