import { isSubtype } from "../guard/guard-type.ts";
import { type Problem, problem } from "../value/codes.ts";
import { assertNever } from "../value/invariant.ts";
import { childPointer } from "../value/pointer.ts";
import { quote, suggestName } from "../value/text.ts";
import type { Action, ArgumentDeclaration, FactType, UndoCall, ValueType } from "./domain.ts";
import { type DomainIndex, guardTypeOfValue } from "./domain-index.ts";
import { canFit, checkValue } from "./value-type.ts";

/**
 * Checks the way back of a write. A reversible write must declare one. It is an action of the same domain that is no
 * read, is of no worse class than the write, acts on the same object, and gets arguments whose types fit.
 */
export function checkCompensation(
  action: Action,
  place: { readonly index: DomainIndex; readonly at: string },
): readonly Problem[] {
  const { index, at } = place;
  if (action.class === "read") return [];
  if (action.compensate === null) {
    return action.class === "irreversible"
      ? []
      : [
          problem(
            "E_COMP_MISSING",
            at,
            `${quote(action.name)} is declared reversible and does not declare how it is undone`,
          ),
        ];
  }
  const pointer = `${at}/compensate`;
  const inverse = index.actions.get(action.compensate.action);
  if (inverse === undefined) return [unknownAction(action.compensate, index, `${pointer}/action`)];
  const changesNothing = action.class === "reversible" && action.effect.length === 0;
  return [
    ...(changesNothing
      ? [
          problem(
            "E_DOMAIN_EFFECT",
            at,
            "a reversible action must declare what it changes: undoing it is proven by reading that back",
          ),
        ]
      : []),
    ...(inverse.class === "read"
      ? [problem("E_DOMAIN_NAME", `${pointer}/action`, `${quote(inverse.name)} is a read: it undoes nothing`)]
      : []),
    ...checkClass(action, { inverse, pointer, role: "undoes it" }),
    ...checkTarget(action, { inverse, compensation: action.compensate, pointer }),
    ...checkArguments(action, { inverse, compensation: action.compensate, pointer, index }),
    ...(action.compensate.thenRun ?? []).flatMap((call, position) =>
      checkThenRun(action, { call, index, pointer: `${pointer}/thenRun/${position}` }),
    ),
  ];
}

/**
 * Checks an action that runs once the inverse is done. It may act on an object of its own, which its arguments name. It
 * declares what it changes, because that is read back. What it undoes itself says nothing of what runs after that, so
 * that a way back ends.
 */
function checkThenRun(
  action: Action,
  from: { readonly call: UndoCall; readonly index: DomainIndex; readonly pointer: string },
): readonly Problem[] {
  const { call, index, pointer } = from;
  const at = `${pointer}/action`;
  const next = index.actions.get(call.action);
  if (next === undefined) return [unknownAction(call, index, at)];
  const named = quote(next.name);
  if (next.class === "read")
    return [problem("E_DOMAIN_NAME", at, `${named} is a read: what runs after an undo changes something`)];
  return [
    ...(next.effect.length === 0
      ? [problem("E_DOMAIN_EFFECT", at, `${named} declares no effect: what runs after an undo is proven by it`)]
      : []),
    ...(next.compensate?.thenRun === undefined
      ? []
      : [problem("E_COMP_THEN_RUN", at, `${named} declares \`thenRun\` itself: the way back would not end there`)]),
    ...checkClass(action, { inverse: next, pointer, role: "runs after its undo" }),
    ...checkNamed(next, { call, pointer }),
    ...checkArguments(action, { inverse: next, compensation: call, pointer, index }),
  ];
}

/** A person approves a way back with its objects, so a reading at run time must not choose one. */
function checkNamed(
  { target }: Action,
  from: { readonly call: UndoCall; readonly pointer: string },
): readonly Problem[] {
  const bound = from.call.args.find(({ name }) => name === target?.argument);
  if (target === null || bound?.from !== "before") return [];
  return [
    problem(
      "E_COMP_TARGET",
      childPointer(`${from.pointer}/args`, target.argument),
      `which ${quote(target.type)} it acts on would be known only while running`,
      `give ${quote(target.argument)} as a \`literal\`, or as an \`arg\` of the step`,
    ),
  ];
}

function unknownAction({ action }: UndoCall, index: DomainIndex, at: string): Problem {
  return problem(
    "E_DOMAIN_NAME",
    at,
    `there is no action ${quote(action)}`,
    suggestName(action, [...index.actions.keys()]),
  );
}

/**
 * Refuses a way back of a worse class than the way forth. A plan shows the class of its steps, approvals and grants go
 * by it, and a way back runs without being asked about: what cannot be undone must not happen as the undoing of what
 * can.
 */
function checkClass(
  action: Action,
  { inverse, pointer, role }: { readonly inverse: Action; readonly pointer: string; readonly role: string },
): readonly Problem[] {
  if (action.class !== "reversible" || inverse.class !== "irreversible") return [];
  return [
    problem(
      "E_COMP_CLASS",
      `${pointer}/action`,
      `${quote(action.name)} is reversible, and ${quote(inverse.name)}, which ${role}, is irreversible`,
    ),
  ];
}

interface Inverse {
  readonly inverse: Action;
  readonly compensation: UndoCall;
  readonly pointer: string;
}

function checkTarget(action: Action, { inverse, compensation, pointer }: Inverse): readonly Problem[] {
  if (action.target === null && inverse.target === null) return [];
  if (action.target === null || inverse.target === null || action.target.type !== inverse.target.type) {
    return [
      problem(
        "E_COMP_TARGET",
        `${pointer}/action`,
        `${quote(inverse.name)} acts on ${describeTarget(inverse)}, ${quote(action.name)} on ${describeTarget(action)}`,
      ),
    ];
  }
  const { argument } = inverse.target;
  const bound = compensation.args.find((candidate) => candidate.name === argument);
  const isSame = bound?.from === "arg" && bound.value === action.target.argument;
  return isSame
    ? []
    : [
        problem(
          "E_COMP_TARGET",
          `${pointer}/args/${argument}`,
          "the compensation would act on another object",
          `leave ${quote(argument)} out: the target is passed on by itself`,
        ),
      ];
}

function describeTarget(action: Action): string {
  return action.target === null ? "no object" : `a ${quote(action.target.type)}`;
}

function checkArguments(action: Action, from: Inverse & { readonly index: DomainIndex }): readonly Problem[] {
  const { inverse, compensation, pointer } = from;
  const known = inverse.input.map((argument) => argument.name);
  const given = compensation.args.map((argument) => argument.name);
  return [
    ...given
      .filter((name) => !known.includes(name))
      .map((name) =>
        problem(
          "E_ARG_UNKNOWN",
          childPointer(`${pointer}/args`, name),
          `${quote(inverse.name)} has no argument ${quote(name)}`,
          suggestName(name, known),
        ),
      ),
    ...inverse.input.flatMap((declared) => {
      const bound = compensation.args.find((candidate) => candidate.name === declared.name);
      if (bound === undefined)
        return [
          problem(
            "E_ARG_MISSING",
            pointer,
            `the argument ${quote(declared.name)} of ${quote(inverse.name)} is missing`,
          ),
        ];
      return checkArgument(action, {
        declared,
        bound,
        index: from.index,
        pointer: childPointer(`${pointer}/args`, declared.name),
      });
    }),
  ];
}

interface BoundArgument {
  readonly declared: ArgumentDeclaration;
  readonly bound: UndoCall["args"][number];
  readonly index: DomainIndex;
  readonly pointer: string;
}

function checkArgument(action: Action, { declared, bound, index, pointer }: BoundArgument): readonly Problem[] {
  switch (bound.from) {
    case "literal":
      return checkValue(declared.type, bound.value, { pointer, idsOf: index.idsOf });
    case "arg": {
      const source = action.input.find((argument) => argument.name === bound.value);
      if (source === undefined)
        return [
          problem(
            "E_DOMAIN_NAME",
            pointer,
            `there is no argument ${quote(String(bound.value))}`,
            suggestName(
              String(bound.value),
              action.input.map((argument) => argument.name),
            ),
          ),
        ];
      return canFit(source.type, declared.type)
        ? []
        : [problem("E_ARG_SCHEMA", pointer, `the argument ${quote(source.name)} does not fit ${quote(declared.name)}`)];
    }
    case "before":
      return checkBefore(action, { declared, bound, index, pointer });
    default:
      return assertNever(bound.from);
  }
}

/** The compensation must accept every value that the fact can have had. Else the way back may be refused half-way. */
function checkBefore(action: Action, { declared, bound, index, pointer }: BoundArgument): readonly Problem[] {
  const facts = action.target === null ? [] : (index.types.get(action.target.type)?.facts ?? []);
  const fact = facts.find((candidate) => candidate.name === bound.value);
  if (fact === undefined)
    return [
      problem(
        "E_DOMAIN_NAME",
        pointer,
        `the target has no fact ${quote(String(bound.value))}`,
        suggestName(
          String(bound.value),
          facts.map((candidate) => candidate.name),
        ),
      ),
    ];
  const fits = isAccepted(fact.type, declared.type, index);
  return fits
    ? []
    : [
        problem(
          "E_ARG_SCHEMA",
          pointer,
          `not every value of the fact ${quote(fact.name)} fits ${quote(declared.name)}`,
          "let the compensation accept every value of the fact",
        ),
      ];
}

function isAccepted(fact: FactType, argument: ValueType, index: DomainIndex): boolean {
  // A guard does not read such an argument, but a call may send any number in its range.
  if (argument.kind === "number")
    return (fact.kind === "integer" || fact.kind === "decimal") && fact.min >= argument.min && fact.max <= argument.max;
  const type = guardTypeOfValue(argument, index.idsOf);
  return type !== undefined && isSubtype(fact, type);
}
