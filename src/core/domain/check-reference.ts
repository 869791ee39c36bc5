import { type Problem, problem } from "../value/codes.ts";
import { quote, suggestName } from "../value/text.ts";
import type { OperationRef, ValueType } from "./domain.ts";
import type { DomainIndex } from "./domain-index.ts";

/** What the check of a domain needs to know of a connector. */
export interface ConnectorTraits {
  readonly name: string;
  readonly operations: readonly { readonly name: string; readonly enforcesRead: boolean }[];
}

/** What all checks need. */
export interface CheckContext {
  readonly index: DomainIndex;
  readonly connectors: readonly ConnectorTraits[];
}

/** Checks that an operation exists and, for a read, that it cannot write. */
export function checkOperation(
  uses: OperationRef,
  asked: { readonly context: CheckContext; readonly access: "read" | "write"; readonly pointer: string },
): readonly Problem[] {
  const { context, access, pointer } = asked;
  const connection = context.index.connections.get(uses.connection);
  if (connection === undefined) {
    return [
      problem(
        "E_DOMAIN_NAME",
        pointer,
        `there is no connection ${quote(uses.connection)}`,
        suggestName(uses.connection, [...context.index.connections.keys()]),
      ),
    ];
  }
  const connector = context.connectors.find((candidate) => candidate.name === connection.connector);
  // `checkDomain` reports this at the connection.
  if (connector === undefined) return [];
  const operation = connector.operations.find((candidate) => candidate.name === uses.operation);
  if (operation === undefined) {
    return [
      problem(
        "E_DOMAIN_NAME",
        pointer,
        `the connector ${quote(connector.name)} has no operation ${quote(uses.operation)}`,
        suggestName(
          uses.operation,
          connector.operations.map((candidate) => candidate.name),
        ),
      ),
    ];
  }
  if (access === "write" || operation.enforcesRead) return [];
  return [
    problem(
      "E_DOMAIN_READ",
      pointer,
      `nothing keeps ${quote(`${connector.name}/${operation.name}`)} from writing: it cannot serve a read`,
    ),
  ];
}

/** Checks that the object types named inside a value type exist. */
export function checkValueType(type: ValueType, index: DomainIndex, pointer: string): readonly Problem[] {
  switch (type.kind) {
    case "object":
      return index.types.has(type.of)
        ? []
        : [
            problem(
              "E_DOMAIN_NAME",
              pointer,
              `there is no type ${quote(type.of)}`,
              suggestName(type.of, [...index.types.keys()]),
            ),
          ];
    case "list":
      return checkValueType(type.of, index, pointer);
    case "record":
      return type.fields.flatMap((field) => checkValueType(field.type, index, pointer));
    case "boolean":
    case "values":
    case "releases":
    case "version":
    case "decimal":
    case "instant":
    case "integer":
    case "number":
    case "string":
    case "path":
    case "url":
      return [];
  }
}
