import type { Domain, OperationRef, Template } from "../core/domain/domain.ts";
import type { Problem } from "../core/value/codes.ts";
import { formatPointer } from "../core/value/pointer.ts";
import type { Connector } from "../ports.ts";

/**
 * Problems of every template of a domain, each told by the connector that would carry it out; the gate has checked that
 * connections, connectors and operations exist, and what does not is passed over here.
 */
export function findTemplateProblems(domain: Domain, connectors: ReadonlyMap<string, Connector>): readonly Problem[] {
  const check = (
    uses: OperationRef,
    template: Template,
    access: "read" | "write",
    pointer: string,
  ): readonly Problem[] => {
    const declared = domain.connections.find((connection) => connection.name === uses.connection);
    const connector = declared === undefined ? undefined : connectors.get(declared.connector);
    const operation = connector?.operations.find((candidate) => candidate.name === uses.operation);
    return operation?.checkTemplate(template, access, pointer) ?? [];
  };
  return [
    ...domain.types.flatMap(({ name, observe }) =>
      observe === null
        ? []
        : check(observe.uses, observe.with, "read", formatPointer(["types", name, "observe", "with"])),
    ),
    ...domain.actions.flatMap(({ name, uses, with: template, class: kind, operation }) => {
      const access = kind === "read" ? "read" : "write";
      if (operation === undefined) return check(uses, template, access, formatPointer(["actions", name, "with"]));
      const { ask, cancel } = operation;
      const at = (call: string): string => formatPointer(["actions", name, "operation", call, "with"]);
      return [
        ...check(uses, template, access, at("start")),
        ...check(ask.uses, ask.with, "read", at("ask")),
        ...(cancel === null ? [] : check(cancel.uses, cancel.with, "write", at("cancel"))),
      ];
    }),
  ];
}
