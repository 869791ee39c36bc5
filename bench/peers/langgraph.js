// LangGraph JS with its own savers, as its documentation recommends them: a graph of so many nodes in a row, one effect and one
// post-read in each, one thread a run. Loaded by bench/engine.ts into its own process.
import { Annotation, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";

/** A saver in a SQLite file, with the same durability as ours: WAL, and every commit waits for the disk. */
export function openSqliteSaver(path) {
  const saver = SqliteSaver.fromConnString(path);
  keepStatements(saver.db);
  saver.setup();
  saver.db.exec("PRAGMA synchronous = FULL");
  return { saver, close: () => saver.db.close() };
}

/**
 * The saver prepares its statements anew for every call. Kept, they cost less; and better-sqlite3 12.11 on Node 24.21 aborts the
 * process when the collector takes one (`RemoveEnvironmentCleanupHook`: env is null).
 */
function keepStatements(db) {
  const statements = new Map();
  const prepare = db.prepare.bind(db);
  db.prepare = (sql) => {
    const known = statements.get(sql) ?? prepare(sql);
    statements.set(sql, known);
    return known;
  };
  db.pragma = (source) => db.exec(`PRAGMA ${source}`);
}

export function openMemorySaver() {
  return { saver: new MemorySaver(), close: () => undefined };
}

/** Compiles a graph once; `run` executes it on a fresh thread. */
export function compileGraph(stepCount, saver) {
  const State = Annotation.Root({ done: Annotation({ reducer: (_, next) => next, default: () => 0 }) });
  let graph = new StateGraph(State);
  for (let step = 0; step < stepCount; step += 1) {
    graph = graph.addNode(`s${step}`, async (_, config) => {
      const { levels, thread_id } = config.configurable;
      await Promise.resolve().then(() => levels.set(`${thread_id}s${step}`, 1));
      const level = await Promise.resolve().then(() => levels.get(`${thread_id}s${step}`));
      if (level !== 1) throw new Error("the box does not show what was written");
      return { done: step + 1 };
    });
  }
  graph = graph.addEdge(START, "s0").addEdge(`s${stepCount - 1}`, END);
  for (let step = 1; step < stepCount; step += 1) graph = graph.addEdge(`s${step - 1}`, `s${step}`);
  const compiled = graph.compile({ checkpointer: saver });
  return {
    run: async (threadId, durability) => {
      const levels = new Map();
      const state = await compiled.invoke(
        { done: 0 },
        { configurable: { thread_id: threadId, levels }, recursionLimit: stepCount + 10, durability },
      );
      if (state.done !== stepCount) throw new Error(`the graph stopped at ${state.done}`);
    },
  };
}
