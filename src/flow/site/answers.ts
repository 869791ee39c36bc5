import { codes, type Problem } from "../../core/value/codes.ts";
import { isNextStep, type NextStep } from "../../core/value/next-step.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { WrongAnswer } from "./calls.ts";
import {
  asks,
  expected,
  json,
  kindOf,
  listOf,
  optional,
  path,
  port,
  refuse,
  type Spot,
  type Taker,
  text,
} from "./intake.ts";

/** A callback that answers with a result, and whose problem is one of the flow's: it may be recorded. */
export function asksFor<T, F extends (...given: never[]) => Promise<Result<T, Problem>>>(value: Taker<T>): Taker<F> {
  return asks<Result<T, Problem>, F>(resultOf(value, problemTaker), ([first]) => fail(first ?? unreadable()));
}

/** As `asksFor`, where the callback may answer with several problems. */
export function asksForAll<T, F extends (...given: never[]) => Promise<Result<T, readonly Problem[]>>>(
  value: Taker<T>,
): Taker<F> {
  return asks<Result<T, readonly Problem[]>, F>(resultOf(value, listOf(problemTaker)), (problems) => fail(problems));
}

/** A callback that answers with a plain value. An answer of another kind ends the call. */
export function asksPlainly<A, F extends (...given: never[]) => Promise<A>>(value: Taker<A>): Taker<F> {
  return asks<A, F>(value, (problems) => {
    throw new WrongAnswer(problems);
  });
}

function unreadable(): Problem {
  throw new WrongAnswer([]);
}

function resultOf<T, E>(value: Taker<T>, error: Taker<E>): Taker<Result<T, E>> {
  return (given, at) => {
    if (typeof given !== "object" || given === null) return expected("a result with `ok`", given, at);
    const isOk: unknown = Reflect.get(given, "ok");
    if (isOk !== true && isOk !== false) return expected("a result with `ok`", given, at);
    const inside: unknown = Reflect.get(given, isOk ? "value" : "error");
    if (isOk) {
      const taken = value(inside, at);
      return taken === undefined ? undefined : ok(taken);
    }
    const taken = error(inside, at);
    return taken === undefined ? undefined : fail(taken);
  };
}

const code: Taker<Problem["code"]> = (given, at) =>
  // It is a key of the table of codes.
  typeof given === "string" && Object.hasOwn(codes, given)
    ? (given as Problem["code"])
    : refuse(at, `expected one of our codes, found ${kindOf(given)}`);

const nextStep: Taker<NextStep> = (given: unknown, at: Spot) => {
  const taken = json()(given, at);
  if (taken === undefined) return undefined;
  return isNextStep(taken) ? taken : refuse(at, "expected a next step that this release knows");
};

const problemTaker = port<Problem>({
  code,
  pointer: path(),
  message: text(),
  hint: text(),
  next: optional(nextStep),
});
