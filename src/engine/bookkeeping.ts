import { isDue } from "../core/run/due/due.ts";
import { dueChanges } from "../core/run/due/due-changes.ts";
import type { Durability } from "../core/run/due/durability.ts";
import type { Command } from "../core/run/words/command.ts";
import { isEnded, type RunState } from "../core/run/words/state.ts";
import type { Problem } from "../core/value/codes.ts";
import { assertNever, invariant } from "../core/value/invariant.ts";

/*
 * The engine's books. They say of each run what has been decided, how much of that is written, and which commands are
 * worked on. `step` takes the books and something that happened, and gives the orders that follow. It is a function of
 * these two and of nothing else. It changes the books in place, because copying them at every step made an event in the
 * engine's loop cost half as much again.
 *
 * | happening          | run at work          | run held                   | run not ours       | halted or closed |
 * |--------------------|----------------------|----------------------------|--------------------|------------------|
 * | decided, no commit | goes on              | noted                      | gives up           | noted            |
 * | decided, trailing  | goes on              | noted                      | gives up           | noted            |
 * | decided, other     | is held              | is held                    | is held            | noted            |
 * | broke              | is held              | is held                    | is held            | noted            |
 * | answered           | task over            | task over                  | task over          | not wanted       |
 * | written            | goes on              | goes on with the last one  | gives up           | noted            |
 * | failed             | halts: aborts every task, looks at every run                           | the first halts  |
 * | thawed             | woken                | woken                      | –                  | –                |
 * | closed             | closes: aborts every task                                              | closes           |
 *
 * - A run is *held* while a commit of it is on its way that something leaves for the world by: any but a `trailing` one
 *   (I8, I18).
 * - A run is *not ours* while its epoch is an earlier engine's. Its open attempts would look like ours and be sent
 *   again (I3, I19). A run that broke an invariant is not ours either.
 * - *Goes on*: begins what has become due, aborts readings and timers that are no longer due, and looks whether the run
 *   rests. A call is never aborted: it stays until it is answered. A run that has ended is kept for late answers, and
 *   the oldest go.
 * - *Gives up*: as going on, with nothing due.
 * - A command that was answered is begun again only if the answer left it due (I21). None is begun while it is worked
 *   on (I3).
 */

/** Something that happened, as the books have to know it. */
export type Happening =
  /**
   * The kernel decided an input of this run. `run` is the state it led to, `commit` how its events are written, if
   * there are any.
   */
  | {
      readonly kind: "decided";
      readonly runId: string;
      readonly run: RunState | null;
      readonly commit: Durability | null;
    }
  /** The run broke an invariant of ours. A commit that says so is on its way. */
  | { readonly kind: "broke"; readonly runId: string; readonly problem: Problem }
  /** A task came back, with an answer or with an exception. */
  | { readonly kind: "answered"; readonly task: Task }
  /** A commit of this run is as durable as it has to be. */
  | { readonly kind: "written"; readonly runId: string; readonly commit: Durability }
  /** The store refused a commit: memory is ahead of the disk. */
  | { readonly kind: "failed"; readonly problem: Problem }
  /** A freeze was lifted, and that is durable. */
  | { readonly kind: "thawed" }
  /** The engine stops. */
  | { readonly kind: "closed" };

/** What the engine has to do, in this order. */
export type Order =
  | { readonly kind: "begin"; readonly run: RunState; readonly task: Task }
  | { readonly kind: "abort"; readonly task: Task }
  /** See whether the run has come to rest. */
  | { readonly kind: "look"; readonly runId: string }
  | { readonly kind: "look_at_all" }
  /** Give the run a tick. */
  | { readonly kind: "wake"; readonly runId: string }
  /** The books have let go of this run. */
  | { readonly kind: "forget"; readonly runId: string };

/** A command that is worked on. `serial` tells two tasks for the same command apart. */
export interface Task {
  readonly runId: string;
  readonly serial: number;
  readonly command: Command;
}

/** What the books say of one run. */
export interface RunBook {
  readonly runId: string;
  /** The fold of all that was decided, written or not; `null` while there is no such run. */
  readonly run: RunState | null;
  /** The state whose commands the tasks are; `null` while nothing of the run is due to us. */
  readonly workedOn: RunState | null;
  /** By the id of the command, in the order in which they were begun. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** Commands that were answered since the run last went on. */
  readonly answered: readonly Command[];
  /** Commits on their way. */
  readonly unwrittenCount: number;
  /** Those of them that hold the run. */
  readonly heldCount: number;
  readonly broken: Problem | null;
}

/** The books of one engine. */
export interface Books {
  /** The engine's own. */
  readonly epoch: number;
  /** How many runs that ended are kept. */
  readonly endedCountMax: number;
  readonly runs: ReadonlyMap<string, RunBook>;
  /** Runs that ended and are written, oldest first. */
  readonly ended: ReadonlySet<string>;
  /** How many tasks were ever begun. */
  readonly taskCount: number;
  /** Why the engine stopped working, or `null`. */
  readonly halted: Problem | null;
  readonly isClosed: boolean;
}

/** Books that a step may change. */
interface OpenBooks extends Books {
  readonly runs: Map<string, OpenBook>;
  readonly ended: Set<string>;
  taskCount: number;
  halted: Problem | null;
  isClosed: boolean;
}

interface OpenBook extends RunBook {
  run: RunState | null;
  workedOn: RunState | null;
  readonly tasks: Map<string, Task>;
  answered: Command[];
  unwrittenCount: number;
  heldCount: number;
  broken: Problem | null;
}

/** How a run stands for those who wait for it. `isWorking`: something is under way that may still move it by itself. */
export interface RunStanding {
  readonly run: RunState;
  readonly isWorking: boolean;
}

/** The books of an engine that has done nothing yet. */
export function openBooks(options: {
  readonly epoch: number;
  readonly endedCountMax: number;
  readonly runs: ReadonlyMap<string, RunState>;
}): Books {
  const { epoch, endedCountMax } = options;
  const runs = new Map([...options.runs].map(([runId, run]) => [runId, newBook(runId, run)]));
  const books: OpenBooks = {
    epoch,
    endedCountMax,
    runs,
    ended: new Set(),
    taskCount: 0,
    halted: null,
    isClosed: false,
  };
  return books;
}

/** Enters what happened, and says what follows. Cost: the steps of the run that changed. */
export function step(books: Books, happening: Happening): readonly Order[] {
  // Books are made by `openBooks` alone, and these are what it makes.
  const open = books as OpenBooks;
  switch (happening.kind) {
    case "decided": {
      const book = openBook(open, happening.runId);
      if (happening.run !== null) book.run = happening.run;
      if (happening.commit !== null) count(book, happening.commit, 1);
      return goOn(open, book);
    }
    case "broke": {
      const book = openBook(open, happening.runId);
      book.broken = happening.problem;
      count(book, "ordered", 1);
      return goOn(open, book);
    }
    case "answered":
      takeAnswer(open, happening);
      return nothing;
    case "written": {
      const book = openBook(open, happening.runId);
      count(book, happening.commit, -1);
      return goOn(open, book);
    }
    case "failed":
      if (open.halted !== null) return nothing;
      open.halted = happening.problem;
      return [...abortAll(open), { kind: "look_at_all" }];
    case "thawed":
      return isOver(open) ? nothing : wakeAll(open);
    case "closed":
      open.isClosed = true;
      return abortAll(open);
    default:
      return assertNever(happening);
  }
}

/** Whether the engine works on nothing any more. */
export function isOver(books: Books): boolean {
  return books.isClosed || books.halted !== null;
}

/** Whether the answer of this task is still wanted. One that was aborted is not. */
export function isWanted(books: Books, { runId, serial, command }: Task): boolean {
  return !isOver(books) && books.runs.get(runId)?.tasks.get(command.id)?.serial === serial;
}

/**
 * How a run stands, or `null` while nothing can be said: it is unknown, or a power cut could take back what would be
 * told.
 */
export function standingOf(books: Books, runId: string): RunStanding | null {
  const book = books.runs.get(runId);
  if (book === undefined || book.run === null || (book.unwrittenCount > 0 && books.halted === null)) return null;
  const goesOn = books.halted === null && book.broken === null && !isEnded(book.run);
  return { run: book.run, isWorking: goesOn && book.tasks.size > 0 };
}

/** How many tasks there are. Cost: O(runs). */
export function countTasks(books: Books): number {
  return books.runs.values().reduce((sum, { tasks }) => sum + tasks.size, 0);
}

/** Runs that have not ended, sorted by id. */
export function unfinishedRuns(books: Books): readonly string[] {
  return [...books.runs.values()].flatMap(({ run, runId }) => (run === null || isEnded(run) ? [] : [runId])).sort();
}

const nothing: readonly Order[] = [];

function newBook(runId: string, run: RunState | null): OpenBook {
  return { runId, run, workedOn: null, tasks: new Map(), answered: [], unwrittenCount: 0, heldCount: 0, broken: null };
}

function openBook({ runs }: OpenBooks, runId: string): OpenBook {
  const known = runs.get(runId);
  if (known !== undefined) return known;
  const book = newBook(runId, null);
  runs.set(runId, book);
  return book;
}

/** One commit more or less on its way. */
function count(book: OpenBook, commit: Durability, by: 1 | -1): void {
  book.unwrittenCount += by;
  if (commit !== "trailing") book.heldCount += by;
  invariant(book.heldCount >= 0 && book.unwrittenCount >= book.heldCount, "a commit that settles was handed over");
}

function takeAnswer(books: OpenBooks, { task }: Extract<Happening, { readonly kind: "answered" }>): void {
  if (!isWanted(books, task)) return;
  const book = openBook(books, task.runId);
  book.tasks.delete(task.command.id);
  book.answered.push(task.command);
}

/** Brings a run's tasks in line with what is due, unless something still has to be written first. */
function goOn(books: OpenBooks, book: OpenBook): readonly Order[] {
  const { run, runId } = book;
  if (run === null) {
    // A name under which there is no run, and nothing to remember, takes no place.
    if (book.unwrittenCount === 0 && book.broken === null) books.runs.delete(runId);
    return nothing;
  }
  if (isOver(books) || book.heldCount > 0) return nothing;
  const orders: Order[] = [];
  workOn(books, book, run.epoch === books.epoch && book.broken === null ? run : null, orders);
  if (book.unwrittenCount > 0) return orders;
  orders.push({ kind: "look", runId });
  if (isEnded(run)) letGo(books, runId, orders);
  return orders;
}

function workOn(books: OpenBooks, book: OpenBook, ours: RunState | null, orders: Order[]): void {
  if (book.workedOn === ours && book.answered.length === 0) return;
  const { begun, over } = dueChanges(book.workedOn, ours);
  for (const id of over) drop(book, id, orders);
  if (ours !== null) {
    for (const command of book.answered) if (isDue(ours, command)) begin(books, book, { run: ours, command }, orders);
    for (const command of begun) begin(books, book, { run: ours, command }, orders);
  }
  book.workedOn = ours;
  if (book.answered.length > 0) book.answered = [];
}

function begin(
  books: OpenBooks,
  { runId, tasks }: OpenBook,
  { run, command }: { readonly run: RunState; readonly command: Command },
  orders: Order[],
): void {
  if (tasks.has(command.id)) return;
  const task: Task = { runId, serial: books.taskCount, command };
  books.taskCount += 1;
  tasks.set(command.id, task);
  orders.push({ kind: "begin", run, task });
}

/** A call is not taken back: what was sent is answered, or given up with the engine. */
function drop({ tasks }: OpenBook, id: string, orders: Order[]): void {
  const task = tasks.get(id);
  if (task === undefined || task.command.kind === "send") return;
  tasks.delete(id);
  orders.push({ kind: "abort", task });
}

/** Lets the runs that ended longest ago go, so that an engine may run for ever. */
function letGo(books: OpenBooks, runId: string, orders: Order[]): void {
  books.ended.add(runId);
  for (const oldest of books.ended) {
    if (books.ended.size <= books.endedCountMax) return;
    const book = books.runs.get(oldest);
    // What is still in the air may be answered late, which its run records.
    if (book !== undefined && (book.tasks.size > 0 || book.unwrittenCount > 0)) continue;
    books.ended.delete(oldest);
    books.runs.delete(oldest);
    orders.push({ kind: "forget", runId: oldest });
  }
}

function abortAll({ runs }: OpenBooks): readonly Order[] {
  return [...runs.values()].flatMap(({ tasks }) => [...tasks.values()].map((task): Order => ({ kind: "abort", task })));
}

function wakeAll({ runs, epoch }: OpenBooks): readonly Order[] {
  return [...runs.values()].flatMap(({ runId, run, broken }): readonly Order[] =>
    run === null || isEnded(run) || run.epoch !== epoch || broken !== null ? [] : [{ kind: "wake", runId }],
  );
}
