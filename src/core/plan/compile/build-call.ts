import type { Action, Template } from "../../domain/domain.ts";
import type { DomainIndex } from "../../domain/domain-index.ts";
import type { OperationCall } from "../../domain/operation.ts";
import { type Binding, listBindings, resolveTemplate } from "../../domain/template.ts";
import { invariant } from "../../value/invariant.ts";
import type { JsonValue } from "../../value/json-value.ts";
import { limits } from "../../value/limits.ts";
import { observeTimeoutMs } from "../kinds/cost.ts";
import type { Call, ObjectObservation, ObjectRef, PlanOperation } from "../plan.ts";
import { splitObject } from "./ground-guard.ts";

/** What the bindings of a template mean at compile time. */
export interface CallPlace {
  readonly index: DomainIndex;
  readonly target: ObjectRef | null;
  /** Values known now; an argument that is not here stays a `$arg` and is resolved when the step runs. */
  readonly args: ReadonlyMap<string, JsonValue>;
}

/** The call of an action, with everything filled in that is known now. */
export function buildCall(action: Action, place: CallPlace): Call {
  return {
    ...callHead(action.uses, place.index),
    access: action.class === "read" ? "read" : "write",
    with: fill(action.with, place),
    timeoutMs: action.timeoutMs,
    outputBytesMax: limits.outputBytesMax,
  };
}

/** The operation that an action's call starts; `undefined` for an action whose call is over when it is answered. */
export function buildOperation(
  { operation, timeoutMs }: Action,
  place: CallPlace,
  { mayCancel }: { readonly mayCancel: boolean },
): PlanOperation | undefined {
  if (operation === undefined) return undefined;
  const { ask, cancel, ...rest } = operation;
  const about = ({ uses, with: template }: OperationCall, access: Call["access"]): Call => ({
    ...callHead(uses, place.index),
    access,
    with: fill(template, place),
    timeoutMs,
    outputBytesMax: limits.outputBytesMax,
  });
  return {
    ...rest,
    ask: about(ask, "read"),
    cancel: cancel === null || !mayCancel ? null : { call: about(cancel, "write"), withinMs: cancel.withinMs },
  };
}

/** How an object is read; `undefined` if its type declares nothing to observe. */
export function buildObservation(object: ObjectRef, index: DomainIndex): ObjectObservation | undefined {
  const type = index.types.get(splitObject(object)[0]);
  const observe = type?.observe ?? null;
  if (type === undefined || observe === null) return undefined;
  const facts = observe.facts.flatMap((extraction) => {
    const declared = type.facts.find((fact) => fact.name === extraction.fact);
    return declared === undefined ? [] : [{ ...extraction, type: declared.type }];
  });
  return {
    object,
    facts,
    fingerprint: observe.fingerprint,
    fence: observe.fence,
    ...(observe.fresh === undefined ? {} : { fresh: observe.fresh }),
    call: {
      ...callHead(observe.uses, index),
      access: "read",
      with: fill(observe.with, { index, target: object, args: new Map() }),
      timeoutMs: observeTimeoutMs,
      outputBytesMax: limits.outputBytesMax,
    },
  };
}

/** Whether the target itself compares, inside the write, what it was before. */
export function isFenced(action: Action): boolean {
  return listBindings(action.with, "").bindings.some(({ binding }) => binding.kind === "$fence");
}

function callHead(uses: Action["uses"], index: DomainIndex): Pick<Call, "connection" | "connector" | "operation"> {
  const connection = index.connections.get(uses.connection);
  invariant(connection !== undefined, "a checked domain declares the connections it uses");
  return { connection: uses.connection, connector: connection.connector, operation: uses.operation };
}

function fill(template: Template, place: CallPlace): Template {
  return resolveTemplate(template, (binding) => valueOf(binding, place));
}

function valueOf(binding: Binding, place: CallPlace): JsonValue | undefined {
  const name = String(binding.name);
  switch (binding.kind) {
    case "$arg":
      return place.args.get(name);
    case "$target":
      return place.target === null ? undefined : splitObject(place.target)[name === "type" ? 0 : 1];
    case "$property":
      return place.target === null
        ? undefined
        : place.index.objects.get(place.target)?.properties.find((property) => property.name === name)?.value;
    // Only the driver knows these, at the moment it calls. A secret is never in a plan.
    case "$secret":
    case "$fence":
    case "$key":
    case "$operation":
      return undefined;
  }
}
