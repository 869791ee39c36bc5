import { formatPath } from "../guard/formula.ts";
import type { GuardType, Scope } from "../guard/guard-type.ts";
import type { Inventory } from "../guard/unroll-guard.ts";
import type { Action, ConnectionDeclaration, Domain, InventoryObject, ObjectType, ValueType } from "./domain.ts";

/** A domain with look-ups by name, for checking and compiling. */
export interface DomainIndex {
  readonly domain: Domain;
  readonly types: ReadonlyMap<string, ObjectType>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly connections: ReadonlyMap<string, ConnectionDeclaration>;
  /** By `type/id`. */
  readonly objects: ReadonlyMap<string, InventoryObject>;
  /** The ids of the objects of a type, sorted; empty for an unknown type. */
  readonly idsOf: (type: string) => readonly string[];
  readonly inventory: Inventory;
  /** Every fact of every object, by its key in a guard. */
  readonly facts: ReadonlyMap<string, FactEntry>;
  /** The scope of goals, invariants and expectations, which read facts only. */
  readonly factScope: Scope;
}

/** A fact of one object. */
export interface FactEntry {
  /** Its key in a guard, and its name in a plan: `deploy.web.replicas`, `deploy['web-1'].replicas`. */
  readonly name: string;
  readonly object: `${string}/${string}`;
  readonly fact: string;
  readonly type: GuardType;
}

/** Builds the look-ups of a domain. Cost: linear in the facts of the inventory. */
export function indexDomain(domain: Domain): DomainIndex {
  const types = new Map(domain.types.map((type) => [type.name, type]));
  const idsByType = groupIds(domain.inventory);
  const idsOf = (type: string): readonly string[] => idsByType.get(type) ?? [];
  const facts = listFacts(domain, types);
  return {
    domain,
    types,
    idsOf,
    facts,
    actions: new Map(domain.actions.map((action) => [action.name, action])),
    connections: new Map(domain.connections.map((connection) => [connection.name, connection])),
    objects: new Map(domain.inventory.map((object) => [`${object.type}/${object.id}`, object])),
    inventory: { objectsOf: (type) => (types.has(type) ? idsOf(type) : undefined), types: () => [...types.keys()] },
    factScope: { resolve: (path) => facts.get(formatPath(path))?.type, names: () => [...facts.keys()] },
  };
}

/** The type of an argument as a guard reads it; `undefined` when no guard can compare such a value. */
export function guardTypeOfValue(type: ValueType, idsOf: (type: string) => readonly string[]): GuardType | undefined {
  switch (type.kind) {
    case "boolean":
    case "values":
    case "integer":
    case "string":
    case "releases":
    case "version":
    case "decimal":
    case "instant":
      return type;
    case "object":
      return { kind: "values", values: idsOf(type.of) };
    case "number":
    case "path":
    case "url":
    case "list":
    case "record":
      return undefined;
  }
}

function groupIds(inventory: readonly InventoryObject[]): ReadonlyMap<string, readonly string[]> {
  const idsByType = new Map<string, string[]>();
  for (const object of inventory) {
    const ids = idsByType.get(object.type);
    if (ids === undefined) idsByType.set(object.type, [object.id]);
    else ids.push(object.id);
  }
  return idsByType;
}

function listFacts(domain: Domain, types: ReadonlyMap<string, ObjectType>): ReadonlyMap<string, FactEntry> {
  const facts = new Map<string, FactEntry>();
  for (const object of domain.inventory) {
    for (const { name: fact, type } of types.get(object.type)?.facts ?? []) {
      const name = formatPath([object.type, object.id, fact]);
      facts.set(name, { name, object: `${object.type}/${object.id}`, fact, type });
    }
  }
  return facts;
}
