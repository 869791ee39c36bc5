import { mute, run, type SeededBug } from "./seeded-bug.ts";

/** Bugs in what runs after undos that the simulation must find. */
export const thenRunBugs: readonly SeededBug[] = [
  {
    name: "what runs after an undo runs before it",
    breaks: "I4",
    edits: [
      {
        file: "src/core/plan/branches/way-back.ts",
        find: "[index, ...(behind.get(index) ?? []).map(({ by }) => by)]",
        replace: "[...(behind.get(index) ?? []).map(({ by }) => by), index]",
      },
      mute("apply/begin-way-back.ts", "what runs after an undo runs behind it (I4)"),
      mute("apply/begin-way-back.ts", "what must run after an undo runs (I4)"),
    ],
  },
  {
    name: "what must run after an undo is left out if nothing of its kind was done",
    breaks: "I4",
    edits: [
      {
        file: "src/core/plan/branches/way-back.ts",
        find: "for (const group of groups) behind.set(",
        replace: "for (const group of groups.filter(({ covered }) => covered.length > 0)) behind.set(",
      },
      mute("apply/begin-way-back.ts", "what must run after an undo runs (I4)"),
    ],
  },
  {
    name: "a later edit is undone with the reload of an earlier one",
    breaks: "I4",
    edits: [
      {
        file: "src/core/plan/branches/way-back.ts",
        find: "if (group === undefined || group.covered.length > 0) {",
        replace: "if (group === undefined) {",
      },
    ],
  },
  {
    name: "what must run after an undo is a no-op if the facts are as before",
    breaks: "I4",
    edits: [
      run(
        "apply/begin-way-back.ts",
        "const done = { baseline: behind.done.baseline, hasRun: true } as const;",
        "const done = { baseline: behind.done.baseline };",
      ),
    ],
  },
  {
    name: "what must run after an undo counts as run although nobody answered and nothing shows it",
    breaks: "I20",
    edits: [run("decide/undo.ts", "if (isRestored && tellsNothing(prepared, state)) return;", "")],
  },
];
