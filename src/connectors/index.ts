import type { ConnectorTraits } from "../core/domain/check-reference.ts";
import type { Connector } from "../ports.ts";
import { fileConnector } from "./file/file-connector.ts";
import { httpConnector } from "./http/http-connector.ts";
import { processConnector } from "./process/process-connector.ts";

/** Every connector of this release, by name. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
  [httpConnector, fileConnector, processConnector].map((connector) => [connector.name, connector]),
);

/** Connectors as the gate knows them: names, operations, and which operations cannot write. */
export function traitsOf(known: ReadonlyMap<string, Connector>): readonly ConnectorTraits[] {
  return [...known.values()].map(({ name, operations }) => ({
    name,
    operations: operations.map((operation) => ({ name: operation.name, enforcesRead: operation.enforcesRead })),
  }));
}

/** The traits of the built-in connectors. */
export const connectorTraits: readonly ConnectorTraits[] = traitsOf(connectors);

export { findMissingTools } from "./file/attributes.ts";
export { findTemplateProblems } from "./find-template-problems.ts";
