import type { Edit, SeededBug } from "./seeded-bug.ts";

/** A bug in a place that the simulation does not reach, and the test file that must fail because of it. */
export interface LineBug extends SeededBug {
  readonly test: string;
}

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** Bugs of the engine, of the log, and of lines of the kernel that no plan of the simulator reaches. */
export const lineBugs: readonly LineBug[] = [
  {
    name: "a grant's money is not checked",
    breaks: "I2",
    test: "src/core/run/decide/forged-events.test.ts",
    edits: [edit("src/core/run/apply/site.ts", " && grant.costUsdLeft >= reserved.costUsd,", ",")],
  },
  {
    name: "a grant pays for a plan that costs more than is left of it",
    breaks: "I2",
    test: "src/core/run/decide/decide.test.ts",
    edits: [
      edit(
        "src/core/run/decide/start.ts",
        "const covers = grant.writeCountLeft >= plan.bounds.writeCount && grant.costUsdLeft >= plan.bounds.costUsd;",
        "const covers = grant.writeCountLeft >= plan.bounds.writeCount;",
      ),
    ],
  },
  {
    name: "an envelope does not look at the way back",
    breaks: "I2",
    test: "src/core/approval/check-envelope.test.ts",
    edits: [
      edit(
        "src/core/approval/check-envelope.ts",
        "new Set([step.action, ...undoCallsOf(step).map((call) => call.action)])",
        "new Set([step.action])",
      ),
    ],
  },
  {
    name: "the engine begins a command again while it is worked on",
    breaks: "I3",
    test: "src/engine/engine.test.ts",
    edits: [
      edit(
        "src/engine/bookkeeping.ts",
        "const { begun, over } = dueChanges(book.workedOn, ours);",
        "const { begun, over } = dueChanges(null, ours);",
      ),
      edit("src/engine/bookkeeping.ts", "if (tasks.has(command.id)) return;", ""),
    ],
  },
  {
    name: "a record's time is not sealed",
    breaks: "I6",
    test: "verifier/verify.test.ts",
    edits: [edit("src/core/log/chain.ts", '{"atMs":${atMs},"body"', '{"atMs":0,"body"')],
  },
  {
    name: "the verifier believes a body",
    breaks: "I6",
    test: "src/core/log/chain.test.ts",
    edits: [
      edit(
        "src/core/log/chain.ts",
        "if (bodyText !== null && options.digestText(bodyDomain, bodyText) !== record.body) {",
        "if (bodyText === undefined) {",
      ),
    ],
  },
  {
    name: "a record may name another predecessor",
    breaks: "I6",
    test: "src/core/log/chain.test.ts",
    edits: [
      edit("src/core/log/chain.ts", "if (record.previous !== chain.head)", "if (record.previous === record.body)"),
    ],
  },
  {
    name: "a journal folds to another state than when it was written",
    breaks: "I7",
    test: "test/golden/journals/journals.test.ts",
    edits: [
      edit(
        "src/core/run/apply/apply.ts",
        "next.deadlineMs = event.deadlineMs;",
        "next.deadlineMs = event.deadlineMs + 1;",
      ),
    ],
  },
  {
    name: "something is carried out before it is durable",
    breaks: "I8",
    test: "src/engine/engine.test.ts",
    edits: [
      edit(
        "src/engine/bookkeeping.ts",
        "if (isOver(books) || book.heldCount > 0) return nothing;",
        "if (isOver(books)) return nothing;",
      ),
    ],
  },
  {
    name: "a secret that was encoded twice is recorded",
    breaks: "I9",
    test: "src/engine/effects/redact.test.ts",
    edits: [
      edit(
        "src/engine/effects/secret-search.ts",
        "for (const layer of layersIn(first, squeezed)) {",
        "for (const layer of [...layersIn(first, squeezed)].slice(0, 0)) {",
      ),
    ],
  },
  {
    name: "a guard holds although its facts are unknown",
    breaks: "I10",
    test: "src/core/guard/plan-guard.test.ts",
    edits: [edit("src/core/guard/plan-guard.ts", "lookup) === true;", "lookup) !== false;")],
  },
  {
    name: "an argument is sent whatever its type",
    breaks: "I14",
    test: "src/core/run/decide/outputs.test.ts",
    edits: [edit("src/core/run/ready/arguments.ts", "if (flaw !== undefined) return", "if (flaw === null) return")],
  },
  {
    name: "output counts for nothing",
    breaks: "I15",
    test: "src/core/run/decide/budgets.test.ts",
    edits: [
      edit("src/core/run/decide/authority.ts", "return spent.outputBytes > outputBytes ?", "return outputBytes < 0 ?"),
    ],
  },
  {
    name: "an agent closes a run",
    breaks: "I17",
    test: "src/core/run/decide/people.test.ts",
    edits: [
      edit(
        "src/core/run/decide/operator.ts",
        'if (input.by.kind !== "person") return personRequired(input.by);\n      if (input.reason',
        "if (input.reason",
      ),
    ],
  },
  {
    name: "an agent settles a doubt",
    breaks: "I17",
    test: "src/core/run/decide/people.test.ts",
    edits: [
      edit(
        "src/core/run/decide/word.ts",
        'if (input.by.kind !== "person") return personRequired(input.by);\n  const operation',
        "const operation",
      ),
    ],
  },
  {
    name: "a person's word ends an operation that is under way",
    breaks: "I27",
    test: "src/core/run/decide/operate-word.test.ts",
    edits: [
      edit("src/core/run/decide/word.ts", "if (isUnderWay(operation)) return notEnded(prepared, operation);", ""),
    ],
  },
  {
    name: "each record has a transaction of its own",
    breaks: "I18",
    test: "src/log/log-store.test.ts",
    edits: [
      edit(
        "src/log/sqlite/write-batch.ts",
        "if (rows.length === 6 * recordsAtOnce) insertRecords.run(...rows.splice(0));",
        "if (rows.length === 6 * recordsAtOnce) insertRecords.run(...rows.splice(0));\n" +
          "  writer.statements.commit.run();\n  writer.statements.begin.run();",
      ),
    ],
  },
  {
    name: "an engine that was replaced goes on writing",
    breaks: "I19",
    test: "src/log/sqlite/open.test.ts",
    edits: [edit("src/log/sqlite/write-batch.ts", "!== writer.epoch) {", "< 0) {")],
  },
  {
    name: "an engine opens under an epoch that was used before",
    breaks: "I19",
    test: "src/core/run/decide/forged-events.test.ts",
    edits: [
      edit("src/core/run/apply/site.ts", "invariant(event.epoch > next.epoch,", "invariant(event.epoch >= next.epoch,"),
    ],
  },
  {
    name: "a run of an earlier engine is worked on before it is taken over",
    breaks: "I19",
    test: "src/engine/engine.test.ts",
    edits: [
      edit("src/engine/bookkeeping.ts", "run.epoch === books.epoch && book.broken === null", "book.broken === null"),
    ],
  },
  {
    name: "a run has no owner",
    breaks: "I21",
    test: "src/core/run/decide/standing.test.ts",
    edits: [
      edit(
        "src/core/run/decide/start.ts",
        '"approval" ? authorization.principal.id : input.actor.id;',
        '"approval" ? authorization.principal.id : "nobody";',
      ),
    ],
  },
];
