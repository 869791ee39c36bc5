import { describe, expect, it } from "vitest";
import { begin, order, takeOver, tick } from "../core/run/fixtures/course.fixture.ts";
import { dueFor, read, type TestDriver } from "../core/run/fixtures/driver.fixture.ts";
import type { RunState } from "../core/run/words/state.ts";
import { problem } from "../core/value/codes.ts";
import {
  type Books,
  countTasks,
  type Happening,
  isWanted,
  type Order,
  openBooks,
  standingOf,
  step,
  type Task,
  unfinishedRuns,
} from "./bookkeeping.ts";

const broken = problem("E_INTERNAL", "", "a broken invariant");
const halted = problem("E_ENGINE_HALTED", "", "the disk is full");

/** The state of a test's run. */
function stateOf(driver: TestDriver): RunState {
  if (driver.run === null) throw new Error("a run was started");
  return driver.run;
}

/** A run of one write that reads its box first. */
const reading = (): TestDriver => begin([{ id: "a" }]);

/** The same run with its write in the air. */
function sending(): TestDriver {
  const driver = reading();
  read(driver, dueFor(driver, "observe", "a"));
  return driver;
}

function ended(): TestDriver {
  const driver = reading();
  order(driver, "stop");
  return driver;
}

function emptyBooks(options: { readonly epoch?: number; readonly endedCountMax?: number } = {}): Books {
  return openBooks({ epoch: options.epoch ?? 1, endedCountMax: options.endedCountMax ?? 256, runs: new Map() });
}

const decided = (run: RunState, commit: "synced" | "trailing" | null, runId = "run_1"): Happening => ({
  kind: "decided",
  runId,
  run,
  commit,
});

const written = (commit: "synced" | "trailing", runId = "run_1"): Happening => ({ kind: "written", runId, commit });

/** Orders in words: what a table can show. */
function told(orders: readonly Order[]): readonly string[] {
  return orders.map((given) => {
    if (given.kind === "begin" || given.kind === "abort")
      return `${given.kind} ${given.task.command.id.replace("run_1/", "").replace(/\d{3,}/, "N")}`;
    return given.kind === "look_at_all" ? given.kind : `${given.kind} ${given.runId}`;
  });
}

function tasksOf(books: Books, runId = "run_1"): readonly Task[] {
  return [...(books.runs.get(runId)?.tasks.values() ?? [])];
}

/** The task of a command whose id starts so. */
function taskOf(books: Books, start: string): Task {
  const task = tasksOf(books).find(({ command }) => command.id.startsWith(`run_1/${start}`));
  if (task === undefined) throw new Error(`nothing works on ${start}`);
  return task;
}

/** Books in each situation that the table of `bookkeeping.ts` has a column for. */
const situations: Readonly<Record<string, () => Books>> = {
  "at work": () => {
    const books = emptyBooks();
    step(books, decided(stateOf(reading()), null));
    return books;
  },
  held: () => {
    const books = emptyBooks();
    step(books, decided(stateOf(reading()), "synced"));
    return books;
  },
  "an earlier engine's": () =>
    openBooks({ epoch: 2, endedCountMax: 256, runs: new Map([["run_1", stateOf(reading())]]) }),
  halted: () => {
    const books = emptyBooks();
    step(books, decided(stateOf(reading()), "synced"));
    step(books, { kind: "failed", problem: halted });
    return books;
  },
  closed: () => {
    const books = emptyBooks();
    step(books, decided(stateOf(reading()), "synced"));
    step(books, { kind: "closed" });
    return books;
  },
};

/** What happens, to a run whose write has just been decided, or in general. */
const happenings: Readonly<Record<string, (books: Books) => Happening>> = {
  "decided, no commit": () => decided(stateOf(sending()), null),
  "decided, trailing": () => decided(stateOf(sending()), "trailing"),
  "decided, synced": () => decided(stateOf(sending()), "synced"),
  broke: () => ({ kind: "broke", runId: "run_1", problem: broken }),
  answered: (books) => ({
    kind: "answered",
    task: tasksOf(books)[0] ?? { runId: "run_1", serial: 7, command: dueFor(reading(), "observe", "a") },
  }),
  written: () => written("synced"),
  failed: () => ({ kind: "failed", problem: halted }),
  thawed: () => ({ kind: "thawed" }),
  closed: () => ({ kind: "closed" }),
};

const send = "begin a/do/1/1";
const readsBefore = "begin a/before/0";
const timer = "begin timer/N";

/** Orders, then commits that hold the run by those on their way, for every happening in every situation. */
const table: Readonly<Record<string, Readonly<Record<string, readonly [readonly string[], string]>>>> = {
  "at work": {
    "decided, no commit": [["abort a/before/0", send, "look run_1"], "0/0"],
    "decided, trailing": [["abort a/before/0", send], "0/1"],
    "decided, synced": [[], "1/1"],
    broke: [[], "1/1"],
    answered: [[], "0/0"],
    failed: [["abort a/before/0", "abort timer/N", "look_at_all"], "0/0"],
    thawed: [["wake run_1"], "0/0"],
    closed: [["abort a/before/0", "abort timer/N"], "0/0"],
  },
  held: {
    "decided, no commit": [[], "1/1"],
    "decided, trailing": [[], "1/2"],
    "decided, synced": [[], "2/2"],
    broke: [[], "2/2"],
    answered: [[], "1/1"],
    written: [[readsBefore, timer, "look run_1"], "0/0"],
    failed: [["look_at_all"], "1/1"],
    thawed: [["wake run_1"], "1/1"],
    closed: [[], "1/1"],
  },
  "an earlier engine's": {
    "decided, no commit": [["look run_1"], "0/0"],
    "decided, trailing": [[], "0/1"],
    "decided, synced": [[], "1/1"],
    broke: [[], "1/1"],
    answered: [[], "0/0"],
    failed: [["look_at_all"], "0/0"],
    thawed: [[], "0/0"],
    closed: [[], "0/0"],
  },
  halted: {
    "decided, no commit": [[], "1/1"],
    "decided, trailing": [[], "1/2"],
    "decided, synced": [[], "2/2"],
    broke: [[], "2/2"],
    answered: [[], "1/1"],
    written: [[], "0/0"],
    failed: [[], "1/1"],
    thawed: [[], "1/1"],
    closed: [[], "1/1"],
  },
  closed: {
    "decided, no commit": [[], "1/1"],
    "decided, trailing": [[], "1/2"],
    "decided, synced": [[], "2/2"],
    broke: [[], "2/2"],
    answered: [[], "1/1"],
    written: [[], "0/0"],
    failed: [["look_at_all"], "1/1"],
    thawed: [[], "1/1"],
    closed: [[], "1/1"],
  },
};

describe("the books", () => {
  const rows = Object.entries(situations).flatMap(([situation, make]) =>
    Object.entries(happenings).map(([name, happeningOf]) => ({ situation, make, name, happeningOf })),
  );

  it.each(rows)(
    "say of a run that is $situation and $name what the table says",
    ({ situation, make, name, happeningOf }) => {
      const books = make();
      const expected = table[situation]?.[name];
      const happening = happeningOf(books);

      if (expected === undefined) {
        // Nothing of this run was handed over, so that nothing can have been written.
        expect(() => step(books, happening)).toThrow("handed over");
        return;
      }
      const orders = step(books, happening);

      const book = books.runs.get("run_1");
      expect([told(orders), `${book?.heldCount}/${book?.unwrittenCount}`]).toEqual(expected);
    },
  );
});

describe("a run goes on", () => {
  it("only once every commit that holds it is written, whatever the order of their kinds", () => {
    const books = emptyBooks();
    step(books, decided(stateOf(reading()), "synced"));
    step(books, decided(stateOf(sending()), "synced"));
    step(books, decided(stateOf(sending()), "trailing"));

    expect(told(step(books, written("synced")))).toEqual([]);
    expect(told(step(books, written("synced")))).toEqual([send, timer]);
    expect(told(step(books, written("trailing")))).toEqual(["look run_1"]);
  });

  it("without beginning again what is worked on (I3)", () => {
    const books = situations["at work"]?.() ?? emptyBooks();
    const driver = reading();
    tick(driver, 1);

    expect(told(step(books, decided(stateOf(driver), null)))).toEqual(["look run_1"]);
    expect(countTasks(books)).toBe(2);
  });

  it("beginning a command again whose answer left it due, under a serial of its own (I21)", () => {
    const books = situations["at work"]?.() ?? emptyBooks();
    const first = taskOf(books, "a/before");
    step(books, { kind: "answered", task: first });

    const orders = step(books, decided(stateOf(reading()), null));

    expect(told(orders)).toEqual([readsBefore, "look run_1"]);
    expect([isWanted(books, first), isWanted(books, taskOf(books, "a/before"))]).toEqual([false, true]);
  });

  it("beginning such a command again only once nothing holds the run", () => {
    const books = situations["at work"]?.() ?? emptyBooks();
    step(books, { kind: "answered", task: taskOf(books, "a/before") });
    step(books, decided(stateOf(reading()), "synced"));

    expect(told(step(books, written("synced")))).toEqual([readsBefore, "look run_1"]);
  });

  it("keeping a call that is no longer due until it is answered (I8)", () => {
    const books = emptyBooks();
    const driver = sending();
    step(books, decided(stateOf(driver), null));
    const task = taskOf(books, "a/do");
    order(driver, "kill");

    expect(told(step(books, decided(stateOf(driver), null)))).toEqual(["abort timer/N", "look run_1"]);
    expect(isWanted(books, task)).toBe(true);
    step(books, { kind: "answered", task });
    expect([isWanted(books, task), countTasks(books)]).toEqual([false, 0]);
  });

  it("not before it was taken over, and then with all that is due (I19)", () => {
    const driver = reading();
    const books = openBooks({ epoch: 2, endedCountMax: 256, runs: new Map([["run_1", stateOf(driver)]]) });
    expect(told(step(books, decided(stateOf(driver), null)))).toEqual(["look run_1"]);

    takeOver(driver);

    expect(told(step(books, decided(stateOf(driver), null)))).toEqual([readsBefore, timer, "look run_1"]);
  });

  it("no further once it broke an invariant, and nor does it when a freeze is lifted", () => {
    const books = situations["at work"]?.() ?? emptyBooks();
    step(books, { kind: "broke", runId: "run_1", problem: broken });

    expect(told(step(books, { kind: "written", runId: "run_1", commit: "ordered" }))).toEqual([
      "abort a/before/0",
      "abort timer/N",
      "look run_1",
    ]);
    expect(told(step(books, { kind: "thawed" }))).toEqual([]);
    expect(standingOf(books, "run_1")?.isWorking).toBe(false);
  });
});

describe("an answer", () => {
  it("of a task that was aborted is not wanted, though the same command is worked on again", () => {
    const books = situations["at work"]?.() ?? emptyBooks();
    const [before, after] = [stateOf(reading()), stateOf(sending())];
    const task = taskOf(books, "a/before");
    step(books, decided(after, null));
    step(books, decided(before, null));

    step(books, { kind: "answered", task });

    expect(isWanted(books, task)).toBe(false);
    expect(taskOf(books, "a/before").serial).not.toBe(task.serial);
  });
});

describe("how a run stands", () => {
  it("is not told while a commit of it is on its way, unless the store refuses all of them", () => {
    const books = situations["held"]?.() ?? emptyBooks();
    expect(standingOf(books, "run_1")).toBeNull();

    step(books, { kind: "failed", problem: halted });

    expect(standingOf(books, "run_1")?.isWorking).toBe(false);
    expect(standingOf(books, "run_2")).toBeNull();
  });

  it("is at work while a command is worked on", () => {
    expect(standingOf(situations["at work"]?.() ?? emptyBooks(), "run_1")?.isWorking).toBe(true);
  });
});

describe("a store that fails twice", () => {
  it("halts the engine for its first reason", () => {
    const books = situations["halted"]?.() ?? emptyBooks();

    step(books, { kind: "failed", problem: broken });

    expect(books.halted).toBe(halted);
  });
});

describe("runs that ended", () => {
  it("are let go of, oldest first, once there are too many of them", () => {
    const books = emptyBooks({ endedCountMax: 1 });
    const orders = ["run_1", "run_2", "run_3"].map((runId) =>
      told(step(books, decided(stateOf(ended()), null, runId))),
    );

    expect(orders).toEqual([["look run_1"], ["look run_2", "forget run_1"], ["look run_3", "forget run_2"]]);
    expect([...books.runs.keys()]).toEqual(["run_3"]);
    expect(unfinishedRuns(books)).toEqual([]);
  });

  it("are kept while a commit of them is on its way", () => {
    const books = emptyBooks({ endedCountMax: 0 });
    step(books, decided(stateOf(ended()), "synced"));
    step(books, decided(stateOf(ended()), "trailing"));

    expect(told(step(books, written("synced")))).toEqual([]);
    expect(told(step(books, written("trailing")))).toEqual(["look run_1", "forget run_1"]);
  });

  it("are kept while a call of them is in the air, and go with the next that ends", () => {
    const books = emptyBooks({ endedCountMax: 0 });
    const driver = sending();
    step(books, decided(stateOf(driver), null));
    const task = taskOf(books, "a/do");
    order(driver, "kill");
    order(driver, "close");
    expect(told(step(books, decided(stateOf(driver), null)))).toEqual(["abort timer/N", "look run_1"]);

    step(books, { kind: "answered", task });

    expect(told(step(books, decided(stateOf(driver), null)))).toEqual(["look run_1", "forget run_1"]);
  });
});

describe("a run that never was", () => {
  it("takes no place once the refusal of its start is written", () => {
    const books = emptyBooks();
    step(books, { kind: "decided", runId: "run_1", run: null, commit: "ordered" });
    expect(books.runs.size).toBe(1);

    step(books, { kind: "written", runId: "run_1", commit: "ordered" });

    expect(books.runs.size).toBe(0);
  });
});
