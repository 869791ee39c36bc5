import { parseAssignment, typeAssignment } from "../guard/assignment.ts";
import type { Scope } from "../guard/guard-type.ts";
import { parseGuard } from "../guard/parse-guard.ts";
import { typeGuard } from "../guard/type-guard.ts";
import { unrollGuard } from "../guard/unroll-guard.ts";
import { type Problem, problem } from "../value/codes.ts";
import { childPointer, formatPointer } from "../value/pointer.ts";
import { quote, suggestName } from "../value/text.ts";
import { checkCompensation } from "./check-compensation.ts";
import { checkOperationCalls } from "./check-operation.ts";
import { type CheckContext, checkOperation, checkValueType } from "./check-reference.ts";
import { checkTemplate } from "./check-template.ts";
import type { Action } from "./domain.ts";
import { type DomainIndex, guardTypeOfValue } from "./domain-index.ts";
import { listBindings } from "./template.ts";

/** Outcomes that a probe, an act or a skipped step has anyway. No action may declare them. */
const reservedOutcomes: readonly string[] = ["none_of_these", "no_answer", "not_run", "done", "failed"];

/** Checks one action against its domain and the connectors. */
export function checkAction(action: Action, context: CheckContext): readonly Problem[] {
  const at = formatPointer(["actions", action.name]);
  const { index } = context;
  const access = action.class === "read" ? "read" : "write";
  const startAt = action.operation === undefined ? at : `${at}/operation/start`;
  const place = {
    index,
    uses: action.uses,
    target: action.target,
    input: action.input,
    isObserve: false,
    pointer: `${startAt}/with`,
  };
  return [
    ...checkOperation(action.uses, { context, access, pointer: `${startAt}/uses` }),
    ...checkTemplate(action.with, place),
    ...checkKey(action, startAt),
    ...checkOperationCalls(action, { context, at: `${at}/operation` }),
    ...action.input.flatMap((argument) =>
      checkValueType(argument.type, index, childPointer(`${at}/input`, argument.name)),
    ),
    ...action.output.flatMap((field) => checkValueType(field.type, index, childPointer(`${at}/output`, field.name))),
    ...checkOutcomes(action, at),
    ...checkGuards(action, { index, at }),
    ...(access === "read" ? checkRead(action, at) : checkWrite(action, { index, at })),
    ...checkLocks(action, at),
    ...checkWaves(action, `${at}/waves`),
    ...checkCompensation(action, { index, at }),
  ];
}

/**
 * The names that the guards of an action know beside facts: `self.fact` for the target, `arg.name` for an argument with
 * a finite domain, and `arg.name.fact` for the object that an argument names.
 */
function actionScope(action: Action, index: DomainIndex): Scope {
  const factOf = (type: string, fact: string | undefined) => {
    const declared = index.types.get(type)?.facts.find((candidate) => candidate.name === fact);
    return declared?.type;
  };
  return {
    resolve: ([root = "", first = "", second, ...more]) => {
      if (more.length > 0) return undefined;
      if (root === "self" && second === undefined)
        return action.target === null ? undefined : factOf(action.target.type, first);
      if (root !== "arg") return index.factScope.resolve(second === undefined ? [root, first] : [root, first, second]);
      const argument = action.input.find((candidate) => candidate.name === first);
      if (argument === undefined) return undefined;
      if (second === undefined) return guardTypeOfValue(argument.type, index.idsOf);
      return argument.type.kind === "object" ? factOf(argument.type.of, second) : undefined;
    },
    names: () => [
      ...(action.target === null
        ? []
        : (index.types.get(action.target.type)?.facts ?? []).map((fact) => `self.${fact.name}`)),
      ...action.input.map((argument) => `arg.${argument.name}`),
      ...index.factScope.names(),
    ],
  };
}

function checkKey(action: Action, at: string): readonly Problem[] {
  const hasKey = listBindings(action.with, "").bindings.some(({ binding }) => binding.kind === "$key");
  if (action.idempotency !== "keyed" || hasKey) return [];
  return [
    problem(
      "E_DOMAIN_BINDING",
      `${at}/with`,
      "`idempotency: keyed` needs the key in the call",
      "bind it with `{ $key: true }` where the target looks for it",
    ),
  ];
}

function checkOutcomes(action: Action, at: string): readonly Problem[] {
  const names = action.outcomes.map((outcome) => outcome.name);
  return names.flatMap((name, index) => {
    const pointer = `${at}/outcomes/${index}`;
    if (reservedOutcomes.includes(name))
      return [problem("E_DOMAIN_OUTCOME", pointer, `the outcome ${quote(name)} has a meaning of its own`)];
    return names.indexOf(name) === index
      ? []
      : [problem("E_DOMAIN_OUTCOME", pointer, `the outcome ${quote(name)} is declared twice`)];
  });
}

function checkGuards(action: Action, at: { readonly index: DomainIndex; readonly at: string }): readonly Problem[] {
  const { index } = at;
  const scope = actionScope(action, index);
  const guard = (text: string, pointer: string): readonly Problem[] => {
    if (text === "") return [];
    const parsed = parseGuard(text, pointer);
    if (!parsed.ok) return parsed.error;
    const unrolled = unrollGuard(parsed.value, index.inventory, pointer);
    if (!unrolled.ok) return unrolled.error;
    const typed = typeGuard(unrolled.value, scope, pointer);
    return typed.ok ? [] : typed.error;
  };
  const assignment = (text: string, pointer: string): readonly Problem[] => {
    const parsed = parseAssignment(text, pointer);
    if (!parsed.ok) return parsed.error;
    if (parsed.value.value.kind === "input")
      return [
        problem(
          "E_DOMAIN_EFFECT",
          pointer,
          "an action knows its arguments alone",
          "write `arg.name` instead of `input.name`",
        ),
      ];
    if (parsed.value.target[0] === "arg" && parsed.value.target.length < 3)
      return [problem("E_DOMAIN_EFFECT", pointer, "an effect changes a fact, not an argument")];
    const typed = typeAssignment(parsed.value, scope, pointer);
    return typed.ok ? [] : typed.error;
  };
  const effects = action.effect.flatMap((text, position) => assignment(text, `${at.at}/effect/${position}`));
  return [
    ...guard(action.pre, `${at.at}/pre`),
    ...action.during.flatMap((text, position) => assignment(text, `${at.at}/during/${position}`)),
    ...effects,
    // A post-condition that was made from the effects would only repeat their problems.
    ...(action.post === null || effects.length > 0 ? [] : guard(action.post.expect, `${at.at}/post`)),
  ];
}

function checkRead(action: Action, at: string): readonly Problem[] {
  const changes = action.effect.length > 0 || action.during.length > 0;
  return [
    ...(changes
      ? [
          problem(
            "E_DOMAIN_EFFECT",
            `${at}/effect`,
            "a read changes nothing",
            "declare the class the action has, or remove the effect",
          ),
        ]
      : []),
    ...(action.compensate === null
      ? []
      : [problem("E_DOMAIN_EFFECT", `${at}/compensate`, "a read has nothing to undo")]),
  ];
}

function checkWrite(action: Action, at: { readonly index: DomainIndex; readonly at: string }): readonly Problem[] {
  const observe = action.target === null ? null : (at.index.types.get(action.target.type)?.observe ?? null);
  const isUnread = action.post === null || action.post.expect.trim() === "";
  const isBlind = action.target !== null && at.index.types.has(action.target.type) && observe === null;
  return [
    ...(isUnread
      ? [
          problem(
            "E_DOMAIN_POST",
            at.at,
            "nothing shows that this write was done",
            "declare `effect`, or `post` alone where no fact shows the effect as it stands",
          ),
        ]
      : []),
    ...(isBlind
      ? [problem("E_DOMAIN_OBSERVE", at.at, `the target ${quote(action.target?.type ?? "")} cannot be read`)]
      : []),
    ...(action.outcomes.length === 0
      ? []
      : [problem("E_DOMAIN_OUTCOME", `${at.at}/outcomes`, "only a read has outcomes: a write is done or has failed")]),
  ];
}

function checkWaves({ waves, class: kind, onFailure, name }: Action, pointer: string): readonly Problem[] {
  if (waves === undefined) return [];
  if (kind === "read")
    return [problem("E_DOMAIN_WAVES", pointer, "a read changes nothing, and needs no waves", "remove `waves`")];
  // Only the author may permit going on after a failure, and says so in `onFailure`.
  if (waves.abortAbove === 0 || onFailure === "branch") return [];
  return [
    problem(
      "E_DOMAIN_WAVES",
      `${pointer}/abortAbove`,
      `${quote(name)} would go on after ${waves.abortAbove} failures, which its \`onFailure: ${onFailure}\` forbids`,
    ),
  ];
}

function checkLocks(action: Action, at: string): readonly Problem[] {
  return action.locks.flatMap((lock, position) => {
    const pointer = `${at}/locks/${position}`;
    if (lock === "self")
      return action.target === null ? [problem("E_DOMAIN_NAME", pointer, "the action has no target to lock")] : [];
    if (!lock.startsWith("arg.")) return [];
    const named = action.input
      .filter((argument) => argument.type.kind === "object")
      .map((argument) => `arg.${argument.name}`);
    return named.includes(lock)
      ? []
      : [
          problem(
            "E_DOMAIN_NAME",
            pointer,
            `${quote(lock)} is not an argument that names an object`,
            suggestName(lock, named),
          ),
        ];
  });
}
