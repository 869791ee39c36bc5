import { operationBugs } from "./operation-bugs.ts";
import { mute, run, type SeededBug } from "./seeded-bug.ts";
import { thenRunBugs } from "./then-run-bugs.ts";
import { wayBackBugs } from "./way-back-bugs.ts";

const wayForthBugs: readonly SeededBug[] = [
  {
    name: "part of a decision becomes durable",
    breaks: "I18",
    edits: [
      {
        file: "simulation/kernel/simulated-store.ts",
        find: "store.commits.push(commit);",
        replace: "store.commits.push({ ...commit, events: commit.events.slice(0, 1) });",
      },
    ],
  },
  {
    name: "exhausted retries count as failed",
    breaks: "I11",
    edits: [
      run(
        "decide/reply.ts",
        "scheduleRetry(draft, prepared, state, askedMs);\n  doubt(draft, prepared, why);",
        `scheduleRetry(draft, prepared, state, askedMs);
        failStep(draft, prepared, { problem: why, touched: false, left: null, authority: false });`,
      ),
      mute("apply/apply-step.ts", "a step fails untouched only when nothing of it may land"),
    ],
  },
  {
    name: "a failure of the second attempt closes the step though the first may have applied",
    breaks: "I11",
    edits: [
      run(
        "decide/reply.ts",
        "if (mayStillLand(effort)) return retryKeyed(",
        'if (mayStillLand(effort) && reply.kind === "unknown") return retryKeyed(',
      ),
      mute("apply/apply-step.ts", "a step fails untouched only when nothing of it may land"),
    ],
  },
  {
    name: "a naturally idempotent call is repeated while the first may still land",
    breaks: "I3",
    edits: [
      run("ready/direction.ts", '=== "keyed";', '!== "none";'),
      mute("apply/apply-intent.ts", "an effect that may have landed is never sent again (I3)"),
    ],
  },
  {
    name: "an approval is used twice",
    breaks: "I1",
    edits: [
      run("decide/start.ts", "if (user !== undefined) return replayed", "if (user === null) return replayed"),
      run("decide/start.ts", "if (newest === undefined) return null;", "if (newest !== null) return null;"),
      mute("apply/site.ts", "an approval is used once (I1)"),
    ],
  },
  {
    name: "an approval that expired starts a run",
    breaks: "I1",
    edits: [run("decide/start.ts", "if (atMs >= authorization.expiresAtMs) return", "if (atMs < 0) return")],
  },
  {
    name: "a write is sent after the approval expired",
    breaks: "I1",
    edits: [
      run(
        "decide/authority.ts",
        "return draft.atMs < authorization.expiresAtMs ? null",
        "return draft.atMs < Infinity ? null",
      ),
    ],
  },
  {
    name: "a write is sent under a freeze",
    breaks: "I10",
    edits: [
      run(
        "decide/hold.ts",
        "if (freeze !== null) return { untilMs: null",
        "if (freeze === undefined) return { untilMs: null",
      ),
    ],
  },
  {
    name: "a run starts under a freeze",
    breaks: "I10",
    edits: [run("decide/start.ts", "if (freeze !== null) return frozen", "if (freeze === undefined) return frozen")],
  },
  {
    name: "only the first lock is taken",
    breaks: "I5",
    edits: [run("decide/start.ts", "locks: prepared.locks,", "locks: prepared.locks.slice(0, 1),")],
  },
  {
    name: "locks of others are not looked at",
    breaks: "I5",
    edits: [
      run("decide/start.ts", "if (holder !== undefined) return", "if (holder === null) return"),
      mute("apply/site.ts", "a lock has one holder (I5)"),
    ],
  },
  {
    name: "locks are not released at the end",
    breaks: "I5",
    edits: [
      run("decide/turn.ts", "locks: run.locks, wrote", "locks: [], wrote"),
      mute("apply/apply.ts", "the end releases every lock (I5)"),
    ],
  },
  {
    name: "a dirty run gives its locks away",
    breaks: "I5",
    edits: [
      run(
        "apply/site.ts",
        'case "run_ended": {',
        'case "run_dirty": return { ...next, locks: emptyMap() };\n    case "run_ended": {',
      ),
    ],
  },
  {
    name: "a run starts although its target has changed",
    breaks: "I12",
    edits: [
      run(
        "decide/start.ts",
        "if (now.fingerprint !== pin.fingerprint) return",
        "if (now.fingerprint === pin.object) return",
      ),
    ],
  },
  {
    name: "a write is sent although its target has changed",
    breaks: "I12",
    edits: [run("decide/observed.ts", "baseline.fingerprint === now.fingerprint;", "true;")],
  },
  {
    name: "a precondition is not asked",
    breaks: "I1",
    edits: [
      run(
        "decide/observed.ts",
        "if (prepared.pre !== null && !holds(prepared.pre, lookupIn(from.result.objects))) {",
        "if (prepared.pre !== null && false) {",
      ),
    ],
  },
  {
    name: "a write is done without its post-condition",
    breaks: "I20",
    edits: [
      run(
        "decide/observed.ts",
        "const isHolding = from.failed === null && holds(prepared.expect, lookupIn(from.result.objects));",
        "const isHolding = from.failed === null;",
      ),
    ],
  },
  {
    name: "a doubt is settled before the effect's last moment",
    breaks: "I11",
    edits: [
      run(
        "decide/observed.ts",
        "const hasLanded = withinMs !== null && result.waitedMs >= withinMs;",
        "const hasLanded = withinMs !== null;",
      ),
    ],
  },
  {
    name: "a doubt is settled although nobody bounds the effect's landing",
    breaks: "I11",
    edits: [
      run(
        "decide/observed.ts",
        "const hasLanded = withinMs !== null && result.waitedMs >= withinMs;",
        "const hasLanded = result.waitedMs >= (withinMs ?? 0);",
      ),
    ],
  },
  {
    name: "an acknowledged write that no reading shows has failed",
    breaks: "I11",
    edits: [
      run(
        "decide/observed.ts",
        'if (trace === "shown" || (isOver && trace !== "as_before")) {',
        "if (trace !== null) {",
      ),
    ],
  },
  {
    name: "a lost engine's call counts as not sent",
    breaks: "I3",
    edits: [
      run(
        "decide/takeover.ts",
        'reply: { kind: "unknown", problem: lost, retryable: false } });',
        'reply: { kind: "not_sent", problem: lost, retryable: true } });',
      ),
    ],
  },
  {
    name: "commands go on after a kill",
    breaks: "I24",
    edits: [
      run(
        "due/due.ts",
        'if (kind === "created" || kind === "killed" || kind === "ended") return [];',
        'if (kind === "created" || kind === "ended") return [];',
      ),
    ],
  },
  {
    name: "a write's intent is not synced",
    breaks: "I8",
    edits: [
      run(
        "due/durability.ts",
        'case "step_intent": return event.access === "write" ? "synced" : "ordered";',
        'case "step_intent": return "ordered";',
      ),
    ],
  },
  {
    name: "a write's intent trails behind its effect",
    breaks: "I8",
    edits: [
      run(
        "due/durability.ts",
        'case "step_intent": return event.access === "write" ? "synced" : "ordered";',
        'case "step_intent": return "trailing";',
      ),
    ],
  },
  {
    name: "a stop is acknowledged before it is synced",
    breaks: "I8",
    edits: [
      run(
        "due/durability.ts",
        'case "step_resolved": case "run_draining": return event.by !== null ? "synced" : "ordered";',
        'case "step_resolved": case "run_draining": return "ordered";',
      ),
    ],
  },
  {
    name: "a step begins while another is in doubt",
    breaks: "I3",
    edits: [
      run(
        "due/due.ts",
        'if (phase !== "running" || run.doubtCount > 0) return null;',
        'if (phase !== "running") return null;',
      ),
    ],
  },
  {
    name: "bounds are not enforced",
    breaks: "I15",
    edits: [
      run("decide/authority.ts", "if (spent.callCount + 1 > callCount) return", "if (callCount < 0) return"),
      run(
        "decide/authority.ts",
        "if (exceedsUsd(spent.costUsd + call.costUsd, bounds.costUsd))",
        "if (bounds.costUsd < 0)",
      ),
    ],
  },
  {
    name: "a clock that goes back is believed",
    breaks: "I1",
    edits: [
      run(
        "decide/draft.ts",
        "return Math.max(hasTime(input) ? input.atMs : 0, site.lastSeenMs, run?.lastSeenMs ?? 0);",
        "return Math.max(input.atMs, 0 * site.lastSeenMs, 0 * (run?.lastSeenMs ?? 0));",
      ),
    ],
  },
  {
    name: "an old reading answers a new question",
    breaks: "I12",
    edits: [
      run(
        "decide/decide.ts",
        "if (command === null || command.id !== input.commandId) return",
        "if (command === null) return",
      ),
    ],
  },
  {
    name: "every attempt has its own key",
    breaks: "I3",
    edits: [
      run(
        "decide/intent.ts",
        "keyOf(state) ?? idempotencyKey({ runId, stepId, direction: intent.direction }, known)",
        "idempotencyKey({ runId, stepId: `${stepId}${known.length}`, direction: intent.direction }, known)",
      ),
      run(
        "apply/apply-intent.ts",
        "if (past.effort !== null) return { ...past.effort, attempts };",
        "if (past.effort !== null) return { ...past.effort, attempts, key: event.idempotencyKey };",
      ),
    ],
  },
  {
    name: "a branch begins before all it waits for is over",
    breaks: "I4",
    edits: [
      run("apply/mutable-run.ts", "if (state.waitingFor > by) return", "if (state.waitingFor > by + 1) return"),
      run(
        "apply/mutable-run.ts",
        'invariant(…, "a step comes up after all it waits for, once");',
        'if (state.kind !== "pending" || state.waitingFor < by) return state;',
      ),
    ],
  },
  {
    name: "a step is called done when the target says so",
    breaks: "I20",
    edits: [
      run(
        "decide/observed.ts",
        "if (isTrue) return settleWrite(",
        "if (isTrue || from.failed === null) return settleWrite(",
      ),
    ],
  },
  {
    name: "nothing keeps two branches that write one box apart",
    breaks: "I12",
    edits: [run("due/due.ts", "if (prepared.isWrite && isTargetBusy(run, prepared, state.serial)) return null;", "")],
  },
  {
    name: "a run in doubt ends",
    breaks: "I11",
    edits: [
      run(
        "decide/advance.ts",
        'return state.kind !== "in_doubt" && ' +
          '!(effort.access === "read" ? hasOpenAttempt(effort) : mayStillLand(effort));',
        "return effort !== null;",
      ),
      mute("decide/turn.ts", "nothing is in doubt when a run ends by itself (I11)"),
      mute("apply/apply.ts", "nothing is in doubt when a run ends by itself (I11)"),
    ],
  },
  {
    name: "only the last of several endings that come up together is known",
    breaks: "I21",
    edits: [
      run(
        "apply/mutable-run.ts",
        "ending: ending === index ? otherEnding(next, index) : ending,",
        "ending: ending === index ? null : ending,",
      ),
    ],
  },
  {
    name: "calls that wait for a place never get one",
    breaks: "I21",
    edits: [
      run(
        "apply/mutable-run.ts",
        "next.entered = [...next.entered, first.index];",
        "next.entered = [...next.entered];",
      ),
    ],
  },
  {
    name: "the timer of a question that was answered hides those behind it",
    breaks: "I21",
    edits: [run("collections/timers.ts", "first.left === null ? null : merge(first.left, first.right)", "null")],
  },
  {
    name: "a new engine leaves a run held by a freeze that was lifted",
    breaks: "I21",
    edits: [run("decide/takeover.ts", "    else fireIfDue(draft, index);\n", "")],
  },
  {
    name: "a new engine forgets what it took over",
    breaks: "I21",
    edits: [run("decide/takeover.ts", "if (open.length === 0) return;", "return;")],
  },
  {
    name: "a write is sent although the reading before it shows a broken invariant",
    breaks: "I26",
    edits: [
      run(
        "decide/observed.ts",
        'noteReading(draft, prepared, { at: "before", objects: from.result.objects });',
        "null as Problem | null;",
      ),
    ],
  },
];

/** Bugs of the kernel that the simulation must find. A small throwaway kernel had five of them. */
export const kernelBugs: readonly SeededBug[] = [...wayForthBugs, ...wayBackBugs, ...thenRunBugs, ...operationBugs];
