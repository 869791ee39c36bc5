import type { Edit, SeededBug } from "./seeded-bug.ts";

const edit =
  (file: string) =>
  (find: string, replace: string): Edit => ({ file: `src/engine/${file}`, find, replace });
const books = edit("bookkeeping.ts");
const engine = edit("engine.ts");
const store = (find: string, replace: string): Edit => ({ file: "src/log/log-store.ts", find, replace });

/**
 * Bugs of the engine's loop that its simulation must find: in its bookkeeping, in the loop itself, in its readings, and
 * in its store.
 */
export const loopBugs: readonly SeededBug[] = [
  {
    name: "commands are carried out before what they follow from is written",
    breaks: "I8",
    edits: [books("if (isOver(books) || book.heldCount > 0) return nothing;", "if (isOver(books)) return nothing;")],
  },
  {
    name: "only what has to be synced holds a run",
    breaks: "I8",
    edits: [
      books('if (commit !== "trailing") book.heldCount += by;', 'if (commit === "synced") book.heldCount += by;'),
    ],
  },
  {
    name: "a commit that is written goes on holding its run",
    breaks: "I21",
    edits: [books("count(book, happening.commit, -1);", "")],
  },
  {
    name: "a command that is worked on is begun again",
    breaks: "I3",
    edits: [
      books(
        "const { begun, over } = dueChanges(book.workedOn, ours);",
        "const { begun, over } = dueChanges(null, ours);",
      ),
      books("if (tasks.has(command.id)) return;", ""),
    ],
  },
  {
    name: "a command whose answer left it due is not begun again",
    breaks: "I21",
    edits: [
      books("for (const command of book.answered) if (isDue(ours, command))", "for (const command of [] as Command[])"),
    ],
  },
  {
    name: "a command that was answered is taken to be worked on still",
    breaks: "I21",
    edits: [books("book.tasks.delete(task.command.id);", "")],
  },
  {
    name: "a call that is no longer due is taken back, and its answer dropped",
    breaks: "I8",
    edits: [
      books('if (task === undefined || task.command.kind === "send") return;', "if (task === undefined) return;"),
    ],
  },
  {
    name: "a reading that is no longer due goes on",
    breaks: "I10",
    edits: [books('tasks.delete(id);\n  orders.push({ kind: "abort", task });', "tasks.delete(id);")],
  },
  {
    name: "a run that ended is let go of while a call of it is in the air",
    breaks: "I8",
    edits: [books("(book.tasks.size > 0 || book.unwrittenCount > 0)", "book.unwrittenCount > 0")],
  },
  {
    name: "a run that ended is let go of while a commit of it is on its way",
    breaks: "I8",
    edits: [
      books("(book.tasks.size > 0 || book.unwrittenCount > 0)", "book.tasks.size > 0"),
      books("if (book.unwrittenCount > 0) return orders;", ""),
    ],
  },
  {
    name: "a run is told to rest before that is written",
    breaks: "I8",
    edits: [
      books("|| (book.unwrittenCount > 0 && books.halted === null)) return null;", ") return null;"),
      books("if (book.unwrittenCount > 0) return orders;", ""),
    ],
  },
  {
    name: "a run of an earlier engine is worked on before it is taken over",
    breaks: "I19",
    edits: [books("run.epoch === books.epoch && book.broken === null ? run", "book.broken === null ? run")],
  },
  {
    name: "lifting a freeze wakes the first run alone",
    breaks: "I21",
    edits: [books("isOver(open) ? nothing : wakeAll(open)", "isOver(open) ? nothing : wakeAll(open).slice(0, 1)")],
  },
  {
    name: "an engine whose commit was refused goes on",
    breaks: "I10",
    edits: [books("open.halted = happening.problem;", "")],
  },
  {
    name: "a commit that was refused counts as written",
    breaks: "I8",
    edits: [
      engine(
        'this.#take({ kind: "failed", problem: problem("E_ENGINE_HALTED", "", message, hint, next) });',
        'if (runId !== null) this.#take({ kind: "written", runId, commit: durability });',
      ),
    ],
  },
  {
    name: "an engine that halts leaves what it works on under way",
    breaks: "I10",
    edits: [books('return [...abortAll(open), { kind: "look_at_all" }];', 'return [{ kind: "look_at_all" }];')],
  },
  {
    name: "an engine that is closed leaves what it works on under way",
    breaks: "I10",
    edits: [
      books("open.isClosed = true;\n      return abortAll(open);", "open.isClosed = true;\n      return nothing;"),
    ],
  },
  {
    name: "an input is acknowledged before it is written",
    breaks: "I8",
    edits: [engine("const written = await writing;\n      if (!written.ok) return written;", "")],
  },
  {
    name: "events are told of before they are written",
    breaks: "I8",
    edits: [
      engine(
        "receipt = await this.#options.store.append({ durability, records: drafts, documents });",
        "for (const event of events) this.#options.onEvent?.(event, atMs);" +
          "receipt = await this.#options.store.append({ durability, records: drafts, documents });",
      ),
    ],
  },
  {
    name: "a new engine takes over under the epoch of the old one",
    breaks: "I19",
    edits: [engine("epoch: store.epoch, standing: stands", "epoch: store.epoch - 1, standing: stands")],
  },
  {
    name: "the store acknowledges what its journal refused",
    breaks: "I8",
    edits: [store("if (!written.ok) {\n      this.#failure = written.error;", "if (batch.records.length < 0) {")],
  },
  {
    name: "a reading that is broken off while it waits reads once more",
    breaks: "I10",
    edits: [edit("effects/perform-observe.ts")("if (context.stop.isStopped) return observed;\n  }", "}")],
  },
  {
    name: "a doubt is read without a pause",
    breaks: "I21",
    edits: [
      edit("effects/perform-observe.ts")(
        "await clock.sleep(Math.max(1, nextMs, Math.min(askedMs, restMs)), context.stop.signal);",
        "",
      ),
    ],
  },
  {
    name: "a doubt that is bounded is read for ever, although no reading works",
    breaks: "I21",
    edits: [
      {
        file: "src/core/run/due/patience.ts",
        find: 'state.kind !== "in_doubt" || !isEffort(state) || call === null',
        replace: 'state.kind !== "in_doubt" || !isEffort(state) || call === null || landingMs(call, state) !== null',
      },
    ],
  },
  {
    name: "a connector that never answers is waited for",
    breaks: "I21",
    edits: [
      {
        file: "src/ports/guard-connector.ts",
        find: "const answer = await answerInTime(asked, { clock, waitMs: timeoutMs + connectorMarginMs, signal });",
        replace: "const answer = { isInTime: true, value: await asked, clock } as const;",
      },
    ],
  },
  {
    name: "a question that is broken off while it waits is asked once more",
    breaks: "I24",
    edits: [edit("effects/perform-ask.ts")("if (stop.isStopped) return noLongerAsked;", "")],
  },
];
