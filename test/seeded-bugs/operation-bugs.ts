import { mute, run, type SeededBug } from "./seeded-bug.ts";

/** Bugs of the kernel in what it makes of long operations. */
export const operationBugs: readonly SeededBug[] = [
  {
    name: "an engine that takes over starts an operation again",
    breaks: "I3",
    edits: [
      run(
        "decide/takeover.ts",
        "if (now.effort.operation !== undefined) return cancelIfStopped(draft, prepared);",
        `if (now.kind === "operating" && now.effort.operation !== undefined)
          return resend(draft, prepared, directionOf(now));`,
      ),
      run("decide/takeover.ts", "if (open.length === 0) return;", ""),
      run(
        "decide/takeover.ts",
        'import { cancelIfStopped } from "./operate.ts";',
        'import { cancelIfStopped } from "./operate.ts";\nimport { resend } from "./intent.ts";',
      ),
      mute("apply/apply-intent.ts", "an effect that may have landed is never sent again (I3)"),
      run("apply/apply-intent.ts", 'isEffort(state) && state.kind !== "verifying"', "isEffort(state)"),
    ],
  },
  {
    name: "a killed run ends although an operation of it is under way",
    breaks: "I27",
    edits: [run("decide/advance.ts", "if (operationOf(state) !== undefined) return false;", "")],
  },
  {
    name: "an operation that takes too long has failed, and nothing was touched",
    breaks: "I27",
    edits: [
      run(
        "decide/operate.ts",
        "    return cancel(draft, prepared, { by: null, problem: late });\n  doubt(draft, prepared, late);",
        `    return cancel(draft, prepared, { by: null, problem: late });
        failStep(draft, prepared, { problem: late, touched: false, left: null, authority: false });`,
      ),
      run("decide/operate.ts", 'import { doubt } from "./turn.ts";', 'import { failStep } from "./turn.ts";'),
    ],
  },
  {
    name: "an operation that failed is called untouched",
    breaks: "I4",
    edits: [
      run(
        "decide/observed.ts",
        `return failTouched(draft, prepared, problemOfEnd(prepared, operation, operation.ended), {
          state, result: from.result });`,
        `return failStep(draft, prepared, {
          problem: problemOfEnd(prepared, operation, operation.ended),
          touched: false, left: null, authority: false });`,
      ),
    ],
  },
  {
    name: "a way back whose operation has ended is sent again under the same key",
    breaks: "I27",
    edits: [run("decide/intent.ts", "...(ended === undefined ? [] : [ended.n])", "...(ended === undefined ? [] : [])")],
  },
  {
    name: "each try has a key of its own, whether the operation under the last one has ended or not",
    breaks: "I3",
    edits: [run("decide/intent.ts", "attempts.findLast(({ hasEnded }) => hasEnded === true)", "attempts.at(-1)")],
  },
  {
    name: "a way back in doubt is over if its facts read as they did before it was sent",
    breaks: "I20",
    edits: [run("decide/undo.ts", " && isShown && showsUndo(call, state, from.result.waitedMs)", "")],
  },
];
