import { isOfType } from "../guard/guard-type.ts";
import { parseGuard } from "../guard/parse-guard.ts";
import { typeGuard } from "../guard/type-guard.ts";
import { unrollGuard } from "../guard/unroll-guard.ts";
import { type Problem, problem } from "../value/codes.ts";
import { limits } from "../value/limits.ts";
import { childPointer, formatPointer } from "../value/pointer.ts";
import { quote, suggestName } from "../value/text.ts";
import { checkAction } from "./check-action.ts";
import { type CheckContext, type ConnectorTraits, checkOperation } from "./check-reference.ts";
import { checkTemplate } from "./check-template.ts";
import type { Domain, ObjectType } from "./domain.ts";
import { type DomainIndex, indexDomain } from "./domain-index.ts";

/**
 * Checks that a parsed domain is meaningful: every name is declared, every guard and assignment has a type, every write
 * can be read back, every reversible write can be undone, every template is bound, and every read is enforced (I13).
 *
 * @param connectors - the connectors of this release; a connection to any other one is refused
 * @returns the problems, with their JSON Pointers into `domain.yaml`, at most `limits.problemsCountMax`; none for a
 *   domain that plans may be made for
 */
export function checkDomain(domain: Domain, connectors: readonly ConnectorTraits[]): readonly Problem[] {
  const index = indexDomain(domain);
  const problems = [
    ...domain.connections.flatMap((connection) => {
      if (connectors.some((connector) => connector.name === connection.connector)) return [];
      const hint = suggestName(
        connection.connector,
        connectors.map((connector) => connector.name),
      );
      return [
        problem(
          "E_DOMAIN_NAME",
          `/connections/${connection.name}/connector`,
          `there is no connector ${quote(connection.connector)}`,
          hint,
        ),
      ];
    }),
    ...domain.types.flatMap((type) => checkType(type, { index, connectors })),
    ...checkInventory(index),
    ...domain.actions.flatMap((action) => checkAction(action, { index, connectors })),
    ...domain.invariants.flatMap(({ name, holds }) =>
      checkFactGuard(holds, index, formatPointer(["invariants", name])),
    ),
  ];
  return problems.slice(0, limits.problemsCountMax);
}

/** Checks a guard that may read facts only. */
function checkFactGuard(text: string, index: DomainIndex, pointer: string): readonly Problem[] {
  const parsed = parseGuard(text, pointer);
  if (!parsed.ok) return parsed.error;
  const unrolled = unrollGuard(parsed.value, index.inventory, pointer);
  if (!unrolled.ok) return unrolled.error;
  const typed = typeGuard(unrolled.value, index.factScope, pointer);
  return typed.ok ? [] : typed.error;
}

function checkType(type: ObjectType, context: CheckContext): readonly Problem[] {
  const here = formatPointer(["types", type.name]);
  const { observe } = type;
  if (observe === null) {
    return type.facts.length === 0
      ? []
      : [problem("E_DOMAIN_OBSERVE", here, `the facts of ${quote(type.name)} cannot be read: it has no \`observe\``)];
  }
  const at = `${here}/observe`;
  const known = type.facts.map((fact) => fact.name);
  const unknown = observe.facts.filter((extraction) => !known.includes(extraction.fact));
  const target = { type: type.name, argument: "" };
  return [
    ...unknown.map(({ fact }) =>
      problem(
        "E_DOMAIN_NAME",
        childPointer(`${at}/facts`, fact),
        `${quote(fact)} is not a fact of ${quote(type.name)}`,
        suggestName(fact, known),
      ),
    ),
    ...checkMaps(type, at),
    ...checkOperation(observe.uses, { context, access: "read", pointer: `${at}/uses` }),
    ...(observe.fingerprint.length > 0
      ? []
      : [
          problem(
            "E_DOMAIN_OBSERVE",
            at,
            `nothing identifies a ${quote(type.name)}: a change from outside would go unnoticed`,
            "list pointers to identity and configuration in `fingerprint`",
          ),
        ]),
    ...checkTemplate(observe.with, {
      index: context.index,
      uses: observe.uses,
      target,
      input: [],
      isObserve: true,
      pointer: `${at}/with`,
    }),
  ];
}

/** Checks that the words a map gives lie in the domain of the fact. */
function checkMaps(type: ObjectType, at: string): readonly Problem[] {
  return (type.observe?.facts ?? []).flatMap((extraction) => {
    const fact = type.facts.find((candidate) => candidate.name === extraction.fact);
    const pointer = childPointer(`${at}/facts`, extraction.fact);
    if (fact !== undefined && extraction.atLeast !== null && fact.type.kind !== "boolean")
      return [
        problem("E_SCHEMA", pointer, `${quote(fact.name)} is not true or false, which is all \`atLeast\` can give`),
      ];
    if (fact === undefined || extraction.map === null) return [];
    return extraction.map.flatMap(({ to }) =>
      isOfType(to, fact.type)
        ? []
        : [problem("E_SCHEMA", pointer, `${quote(String(to))} is not a value of the fact ${quote(fact.name)}`)],
    );
  });
}

function checkInventory(index: DomainIndex): readonly Problem[] {
  return [...new Set(index.domain.inventory.map((object) => object.type))].flatMap((type) =>
    index.types.has(type)
      ? []
      : [
          problem(
            "E_DOMAIN_NAME",
            formatPointer(["inventory", type]),
            `there is no type ${quote(type)}`,
            suggestName(type, [...index.types.keys()]),
          ),
        ],
  );
}
