// Compares whole runs: ours, LangGraph's with each of its savers, a bare chain of promises, and the physical floor.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StartInput } from "../../src/core/run/words/input.ts";
import { RawLog, RawTable, runPromiseChain } from "./floors.ts";
import { type Figure, ratioOf, type Sample, summarize, takeTurns, warmUpRounds } from "./measure.ts";
import { benchFolder, discard, type OurEngine, openEngine, prepareRuns, runAll } from "./our-runs.ts";

/** What bench/peers/langgraph.js offers. */
interface LangGraph {
  openSqliteSaver(path: string): { readonly saver: unknown; close(): void };
  openMemorySaver(): { readonly saver: unknown; close(): void };
  compileGraph(
    stepCount: number,
    saver: unknown,
  ): { run(threadId: string, durability: "sync" | "async"): Promise<void> };
}

/** The peers, or `null` where they are not installed. */
export async function loadLangGraph(): Promise<LangGraph | null> {
  const script = new URL("../peers/langgraph.js", import.meta.url);
  if (!existsSync(new URL("../peers/node_modules/@langchain/langgraph", import.meta.url))) return null;
  // LangGraph's tracing would send data to its vendor.
  process.env["LANGSMITH_TRACING"] = "false";
  // The peers are not part of the project's types. Only the interface above is used.
  return (await import(script.href)) as LangGraph;
}

interface Shape {
  readonly runCount: number;
  readonly stepCount: number;
}

const stepsPerRoundMin = 2_000;

/**
 * Lets every contender do one shape of work in turns. Gives CPU and wall time of a step, ratios, and how often we
 * waited for the disk.
 */
export async function runFigures(shape: Shape, peers: LangGraph | null, rounds: number): Promise<readonly Figure[]> {
  const folder = benchFolder();
  const ours = openEngine();
  const floors = openFloors(folder);
  const savers =
    peers === null
      ? null
      : { sqlite: peers.openSqliteSaver(join(folder, "langgraph.sqlite")), memory: peers.openMemorySaver() };
  // Short runs are repeated within a round, so that a round is long enough to measure and its code is compiled.
  const repeats = Math.max(1, Math.ceil(stepsPerRoundMin / (shape.runCount * shape.stepCount)));
  const repeated = (work: (repeat: number) => unknown) => async (): Promise<void> => {
    for (let repeat = 0; repeat < repeats; repeat += 1) await work(repeat);
  };
  const syncs = shape.runCount === 1 ? shape.stepCount : Math.ceil((shape.runCount * shape.stepCount) / 64);
  let thread = 0;
  const runGraph = (name: "sqlite" | "memory", durability: "sync" | "async"): (() => Promise<unknown>) => {
    if (peers === null || savers === null) return () => Promise.resolve();
    const graph = peers.compileGraph(shape.stepCount, savers[name].saver);
    return repeated(() =>
      Promise.all(Array.from({ length: shape.runCount }, () => graph.run(`t${(thread += 1)}`, durability))),
    );
  };
  // Neither planning nor compiling a graph is part of running: both are done before the clock starts.
  const prepared: (readonly StartInput[])[] = [];
  for (let round = 0; round < (rounds + warmUpRounds) * repeats; round += 1)
    prepared.push(await prepareRuns(ours, shape));
  const before = ours.store.counters();
  const samples = await takeTurns(
    {
      ours: repeated(() => runAll(ours, prepared.pop() ?? [])),
      langgraphSqlite: runGraph("sqlite", "sync"),
      langgraphMemory: runGraph("memory", "async"),
      promises: repeated(() =>
        Promise.all(Array.from({ length: shape.runCount }, () => runPromiseChain(shape.stepCount))),
      ),
      rawLog: repeated(() => floors.log.run(syncs)),
      rawTable: repeated(() => floors.table.run(syncs)),
    },
    rounds,
  );
  const figures = [
    ...describe(shape, samples, { repeats, hasPeers: peers !== null }),
    ...countCommits(shape, ours, before, (rounds + warmUpRounds) * repeats),
  ];
  for (const saver of Object.values(savers ?? {})) saver.close();
  floors.close();
  await discard(ours);
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

/** As many bytes as our runs write: three records of about 400 bytes for each step. */
function openFloors(folder: string): { readonly log: RawLog; readonly table: RawTable; close(): void } {
  const step = { recordCount: 3, bytesPerRecord: 400 };
  const [log, table] = [new RawLog(folder, step), new RawTable(folder, step)];
  return { log, table, close: () => [log, table].forEach((floor) => floor.close()) };
}

type Contender = "ours" | "langgraphSqlite" | "langgraphMemory" | "promises" | "rawLog" | "rawTable";

const titles: Readonly<Record<Contender, string>> = {
  ours: "interlock, synced",
  langgraphSqlite: "LangGraph JS, SQLite saver, sync, FULL",
  langgraphMemory: "LangGraph JS, memory saver",
  promises: "bare promise chain",
  rawLog: "floor: append and fdatasync",
  rawTable: "floor: SQLite insert, FULL",
};

function describe(
  { runCount, stepCount }: Shape,
  samples: Readonly<Record<Contender, readonly Sample[]>>,
  { repeats, hasPeers }: { readonly repeats: number; readonly hasPeers: boolean },
): readonly Figure[] {
  const at = `${runCount} × ${stepCount} steps`;
  const steps = runCount * stepCount * repeats;
  const names = (Object.keys(titles) as Contender[]).filter((name) => hasPeers || !name.startsWith("langgraph"));
  const cpu = (name: Contender): readonly number[] => samples[name].map(({ cpuUs }) => cpuUs / steps);
  const wall = (name: Contender): readonly number[] => samples[name].map(({ wallUs }) => wallUs / steps);
  const absolute = names.flatMap((name) => [
    summarize(`${at}: ${titles[name]}: CPU a step`, "µs", cpu(name)),
    summarize(`${at}: ${titles[name]}: wall a step`, "µs", wall(name)),
  ]);
  const ratios = names
    .filter((name) => name !== "ours")
    .flatMap((name) => [
      ratioOf(`${at}: ${titles[name]} beside ours: CPU`, cpu(name), cpu("ours")),
      ratioOf(`${at}: ${titles[name]} beside ours: wall`, wall(name), wall("ours")),
    ]);
  return [...absolute, ...ratios];
}

function countCommits(
  { runCount, stepCount }: Shape,
  { store }: OurEngine,
  before: ReturnType<OurEngine["store"]["counters"]>,
  timesRun: number,
): readonly Figure[] {
  const after = store.counters();
  const steps = runCount * stepCount * timesRun;
  const count = (name: "syncedCommits" | "orderedCommits" | "records"): number => (after[name] - before[name]) / steps;
  const at = `${runCount} × ${stepCount} steps`;
  return [
    summarize(`${at}: synced commits a step`, "count", [count("syncedCommits")]),
    summarize(`${at}: ordered commits a step`, "count", [count("orderedCommits")]),
    summarize(`${at}: records a step`, "count", [count("records")]),
  ];
}
