import { mute, run, type SeededBug } from "./seeded-bug.ts";

/** Bugs of the kernel on its way back. */
export const wayBackBugs: readonly SeededBug[] = [
  {
    name: "a change by somebody else is taken for the effect of a write that is still in the air",
    breaks: "I11",
    edits: [
      run(
        "decide/observed.ts",
        'cannotLand || (trace === "changed" && endsLanding(call, state, result));',
        'cannotLand || trace === "changed";',
      ),
    ],
  },
  {
    name: "compensation begins while a sibling is in flight",
    breaks: "I11",
    edits: [
      run("decide/advance.ts", "if (draft.run.calls.length > 0) return;\n  if (phase.then", "if (phase.then"),
      mute("apply/apply.ts", "nothing is in the air when compensation begins (I11)"),
    ],
  },
  {
    name: "steps are undone in the order they were done",
    breaks: "I4",
    edits: [
      run(
        "decide/advance.ts",
        "orderWayBack(prepared.thenRuns, chainItems(touched))",
        "orderWayBack(prepared.thenRuns, chainItems(touched).toReversed())",
      ),
      mute("apply/begin-way-back.ts", "compensation covers exactly the touched steps, newest first (I4)"),
    ],
  },
  {
    name: "a run that touched nothing is called compensated",
    breaks: "I4",
    edits: [run("decide/advance.ts", "if (draft.run.touched === null) return endUntouched(draft, phase);", "")],
  },
  {
    name: "a step that failed after it took effect is not undone",
    breaks: "I4",
    edits: [
      run(
        "apply/apply-step.ts",
        '"only a write touches");\n    next.touched = { index: step.index, rest: next.touched };',
        '"only a write touches");',
      ),
    ],
  },
  {
    name: "an undo is believed and not read back",
    breaks: "I20",
    edits: [
      run(
        "decide/undo.ts",
        "if (isRestored && isShown && showsUndo(call, state, from.result.waitedMs)) return compensated",
        "if (isRestored || from.failed === null) return compensated",
      ),
    ],
  },
  {
    name: "an undo overwrites what someone else did",
    breaks: "I24",
    edits: [
      run(
        "decide/undo.ts",
        "if (!isKnown && call.target !== null) return soil",
        'if (!isKnown && call.target === "") return soil',
      ),
    ],
  },
  {
    name: "a freeze blocks the way back",
    breaks: "I24",
    edits: [
      run(
        "decide/undo.ts",
        "  const now = from.result.objects;\n  const before",
        "  const now = from.result.objects;\n  if (draft.site.freezes.length > 0) return;\n  const before",
      ),
    ],
  },
  {
    name: "an expired approval blocks the way back",
    breaks: "I24",
    edits: [
      run(
        "decide/undo.ts",
        "  const now = from.result.objects;\n  const before",
        `const now = from.result.objects;
        const { authorization } = draft.run;
        if (authorization?.kind === "approval" && draft.atMs >= authorization.expiresAtMs) return;
        const before`,
      ),
    ],
  },
  {
    name: "do and undo share a key",
    breaks: "I3",
    edits: [run("decide/intent.ts", "[runId, stepId, direction, ...", "[runId, stepId, ...")],
  },
  {
    name: "the way back puts the present back",
    breaks: "I4",
    edits: [
      run(
        "decide/undo.ts",
        "const args = undoArguments(call, before, { isThenRun: prepared.thenRun !== null });",
        "const args = undoArguments(call, now, { isThenRun: prepared.thenRun !== null });",
      ),
    ],
  },
];
