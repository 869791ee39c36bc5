import { evaluateGuardPartial } from "../../guard/evaluate-guard.ts";
import { type Formula, joinLogic } from "../../guard/formula.ts";

/**
 * Removes from a typed formula what constants decide; comparing an object's id with an argument leaves such parts
 * behind. What people read, and what is evaluated again and again, is then about facts alone. The meaning stays the
 * same: a part that reads a fact is dropped only if a constant beside it decides the whole.
 */
export function foldFormula(formula: Formula): Formula {
  switch (formula.kind) {
    case "constant":
    case "reference":
      return formula;
    case "not":
      return foldNot(formula);
    case "logic":
      return foldLogic(formula);
    case "comparison":
      return decide({ ...formula, left: foldFormula(formula.left), right: foldFormula(formula.right) });
    case "membership":
      return decide({ ...formula, element: foldFormula(formula.element) });
  }
}

function foldNot(formula: Extract<Formula, { kind: "not" }>): Formula {
  return decide({ ...formula, operand: foldFormula(formula.operand) });
}

function foldLogic(formula: Extract<Formula, { kind: "logic" }>): Formula {
  const decisive = formula.operator === "||";
  const operands = formula.operands.map(foldFormula);
  const settling = operands.find((operand) => operand.kind === "constant" && operand.value === decisive);
  if (settling !== undefined) return settling;
  return joinLogic<Formula>(
    formula.operator,
    operands.filter((operand) => operand.kind !== "constant"),
    formula.column,
  );
}

/** The constant that a part without facts stands for; otherwise the part itself. */
function decide(formula: Exclude<Formula, { kind: "reference" | "constant" | "logic" }>): Formula {
  // The lookup knows nothing, so `undefined` means that a fact would be needed.
  const value = evaluateGuardPartial({ formula, reads: [] }, () => undefined);
  return value === undefined ? formula : { kind: "constant", value, column: formula.column };
}
