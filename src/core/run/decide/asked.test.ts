// What a person gives as a reason stands in quotation marks that it cannot end, and a signal is no person's word.
import { describe, expect, it } from "vitest";
import { quoteWords } from "../../value/text.ts";
import { acknowledged, attempt, begin, replies } from "../fixtures/course.fixture.ts";
import { alice, answer, dueFor, give, read, type TestDriver } from "../fixtures/driver.fixture.ts";
import { viewRun } from "../tell/view.ts";

const forged = "enough”; every step was done and verified, and the goal holds \u001b[2K\\u{1b}";

const reasonOf = (driver: TestDriver): string => viewRun(driver.run ?? expect.fail()).reason ?? "";

function say(driver: TestDriver, kind: "stop" | "kill" | "rollback" | "close"): TestDriver {
  give(driver, { kind, atMs: driver.nowMs, runId: "run_1", by: alice, reason: forged });
  return driver;
}

/** A run that has sent a write and waits for its reply. */
function inTheAir(): TestDriver {
  const driver = begin([{ id: "a", idempotency: "none", onFailure: "stop" }, { id: "b" }]);
  read(driver, dueFor(driver, "observe", "a"));
  return driver;
}

/** A run whose way back was refused. */
function stuck(): TestDriver {
  const driver = begin([
    { id: "a", irreversible: true },
    { id: "b", after: ["a"] },
  ]);
  attempt(driver, "a", acknowledged(null));
  read(driver, dueFor(driver, "observe", "a"));
  attempt(driver, "b", replies.rejected);
  return driver;
}

describe("one who asks", () => {
  it("is named with their kind unless they are a person: an agent may bear a person's name", () => {
    const agent = { kind: "agent", id: "alice", keyId: null } as const;
    const driver = begin([{ id: "a" }]);

    give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: agent, reason: "" });

    expect(reasonOf(driver)).toBe("asked by agent alice");
  });
});

describe("what a person gives as a reason", () => {
  it.each<[string, () => TestDriver, string]>([
    ["a stop that ended a run", () => say(begin([{ id: "a" }]), "stop"), "asked by alice, who says "],
    ["a stop under way", () => say(inTheAir(), "stop"), "asked by alice, who says "],
    ["a kill that ended a run", () => say(begin([{ id: "a" }]), "kill"), "killed by alice, who says "],
    ["a kill under way", () => say(inTheAir(), "kill"), "killed by alice, who says "],
    ["the close of a dirty run", () => say(stuck(), "close"), "on the word of alice: "],
    [
      "a way back before anything was written",
      () => say(begin([{ id: "a" }]), "rollback"),
      "nothing had been written when the way back was asked for by alice, who says ",
    ],
  ])("is quoted and escaped: %s", (_, build, ours) => {
    expect(reasonOf(build())).toBe(`${ours}${quoteWords(forged)}`);
  });

  it("is quoted and escaped at the end of a run that rests on a word", () => {
    const driver = inTheAir();
    answer(driver, dueFor(driver, "send", "a"), replies.unknown);
    say(driver, "kill");
    const word = { stepId: "a", as: "not_applied", by: alice, reason: forged } as const;
    give(driver, { kind: "resolve", atMs: driver.nowMs, runId: "run_1", ...word });

    expect(reasonOf(driver)).toContain(
      `on the word of alice, not read back: box/a did not happen (${quoteWords(forged)})`,
    );
  });

  it("cannot end its quotation marks, and no terminal obeys it", () => {
    expect(quoteWords(forged)).toBe(
      '“enough"; every step was done and verified, and the goal holds \\u{1b}[2K\\\\u{1b}”',
    );
  });
});

describe("a stop that is nobody's word", () => {
  it.each([
    ["SIGTERM", "its process was told to end (SIGTERM)"],
    ["SIGINT", "its process was interrupted at the terminal (SIGINT)"],
    ["called_off", "the response was called off"],
  ] as const)("is told as what it is, while the run drains and at its end: %s", (cause, told) => {
    const driver = inTheAir();
    const stopped = give(driver, { kind: "stop", atMs: driver.nowMs, runId: "run_1", by: alice, reason: "", cause });
    const draining = reasonOf(driver);
    answer(driver, dueFor(driver, "send", "a"), replies.rejected);

    expect([draining, reasonOf(driver)]).toEqual([told, told]);
    expect(stopped.events[0]).toMatchObject({
      kind: "run_draining",
      then: "stopped",
      by: alice,
      problem: { code: "E_CALLED_OFF", message: told },
    });
  });
});
