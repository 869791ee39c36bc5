import { type Digest, type DigestDomain, digest } from "../value/digest.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import type { Action, Domain } from "./domain.ts";
import type { DomainIndex } from "./domain-index.ts";
import type { OperationCall } from "./operation.ts";

/**
 * The digest of a whole domain (`interlock.domain/1`). A plan pins it, and every change to the domain breaks the pin.
 *
 * @param digestOf - a driver may bring a faster SHA-256
 */
export function domainDigest(
  domain: Domain,
  digestOf: (domain: DigestDomain, value: Domain) => Digest = digest,
): Digest {
  return digestOf("interlock.domain/1", domain);
}

/**
 * The digest of everything that determines what one action does (`interlock.action/1`): its declaration, the type it
 * acts on and how that type is read, its connection, the action that undoes it, and those that run after that.
 * Reversibility is earned for this digest, so a change to any of them must earn it anew.
 */
export function actionDigest(action: Action, index: DomainIndex): Digest {
  const inverse = action.compensate === null ? null : (index.actions.get(action.compensate.action) ?? null);
  const thenRun = action.compensate?.thenRun?.map((call) => index.actions.get(call.action) ?? null);
  return digest("interlock.action/1", {
    action,
    connection: index.connections.get(action.uses.connection) ?? null,
    target: action.target === null ? null : (index.types.get(action.target.type) ?? null),
    inverse,
    ...(thenRun === undefined ? {} : { thenRun }),
    ...operationConnections(action, index),
  });
}

/** The connections of the calls about an operation. Absent, and not empty, for an action without one. */
function operationConnections({ operation }: Action, index: DomainIndex) {
  if (operation === undefined) return {};
  const names = sortedUnique([operation.ask, ...(operation.cancel === null ? [] : [operation.cancel])].map(nameOf));
  return { operationConnections: names.map((name) => index.connections.get(name) ?? null) };
}

function nameOf({ uses }: OperationCall): string {
  return uses.connection;
}
