import assert from "node:assert/strict";
import { type Claim, soon } from "../contract.ts";
import { codes, type Problem } from "../core/value/codes.ts";
import type { Result } from "../core/value/result.ts";
import type { Notification, Notifier } from "../ports.ts";

/** What the contract needs to know of a notifier: how to bring it into each of these states. */
export interface NotifierArrangement {
  /** A notifier that reaches a person. */
  reaching(): Promise<ArrangedNotifier>;
  /** A notifier whose way is broken at its far end. */
  failing(): Promise<ArrangedNotifier>;
  /** A notifier whose far end never answers; `null` where that cannot be. */
  readonly hanging: (() => Promise<ArrangedNotifier>) | null;
  /** A secret that the notifier holds, its address included; `null` where it holds none. */
  readonly secret: string | null;
}

/** A notifier, and its far end as a test has it. */
export interface ArrangedNotifier {
  readonly notifier: Notifier;
  /** The bodies that arrived, as texts. */
  arrived(): Promise<readonly string[]>;
  /** How often the far end was tried; `null` where it cannot tell. */
  readonly attemptCount: (() => number) | null;
  close(): Promise<void>;
}

const example: Notification = {
  format: "interlock.notification/1",
  id: "ntf_1",
  deliveryId: "ntf_1.1.1",
  kind: "run_waits_for_person",
  subject: "run_1",
  owner: "olivia",
  summary: "the run run_1 waits for a word about one step",
  text: [],
  next: [
    { do: "explain", run: "run_1" },
    { do: "resume", run: "run_1" },
  ],
  escalation: { step: 1, round: 1 },
  atMs: 1_767_225_600_000,
};
const stopWithinMs = 5_000;
const { signal: quiet } = new AbortController();

/** The claims that every notifier must keep. */
export function notifierContract(arrangement: NotifierArrangement): readonly Claim[] {
  const { hanging } = arrangement;
  return [
    ...deliveryClaims(arrangement),
    ...failureClaims(arrangement),
    ...(hanging === null ? [] : [interruptionClaim(hanging)]),
  ];
}

function deliveryClaims({ reaching }: NotifierArrangement): readonly Claim[] {
  return [
    {
      claim: "it has a name of one line",
      check: () => using(reaching, async ({ notifier }) => assert.match(notifier.name, /^[^\n]+$/)),
    },
    {
      claim: "a notification arrives once, as it is and with nothing added",
      check: () =>
        using(reaching, async ({ notifier, arrived }) => {
          assert.deepEqual(await notifier.notify(frozen(example), quiet), { ok: true, value: undefined });
          const bodies = await arrived();
          assert.deepEqual(
            bodies.map((body) => JSON.parse(body)),
            [example],
          );
        }),
    },
    {
      claim: "one that holds odd texts stays one document on one line",
      check: () =>
        using(reaching, async ({ notifier, arrived }) => {
          const odd = {
            ...example,
            owner: null,
            next: [],
            summary: `two\nlines, "quoted" \u2028 🚦 ${"x".repeat(10_000)}`,
          };
          assert.equal((await notifier.notify(frozen(odd), quiet)).ok, true);
          const [body = "", ...more] = await arrived();
          assert.deepEqual(more, []);
          assert.ok(!body.trimEnd().includes("\n"), "it is one line");
          assert.deepEqual(JSON.parse(body), odd);
        }),
    },
    {
      claim: "several at once each arrive once",
      check: () =>
        using(reaching, async ({ notifier, arrived }) => {
          const subjects = Array.from({ length: 20 }, (_, index) => `run_${String(index).padStart(2, "0")}`);
          const told = await Promise.all(subjects.map((subject) => notifier.notify({ ...example, subject }, quiet)));
          assert.ok(told.every(({ ok }) => ok));
          const found = (await arrived()).map((body) => (JSON.parse(body) as Notification).subject);
          assert.deepEqual(found.sort(), subjects);
        }),
    },
  ];
}

function failureClaims({ reaching, failing, secret }: NotifierArrangement): readonly Claim[] {
  return [
    {
      claim: "a failure is a value: one line, without a secret",
      check: () =>
        using(failing, async ({ notifier }) => {
          const found = problemOf(await notifier.notify(frozen(example), quiet));
          assert.ok(secret === null || !JSON.stringify(found).includes(secret), "no problem tells the secret");
        }),
    },
    {
      claim: "a notification that failed is not sent again",
      check: () =>
        using(failing, async ({ notifier, attemptCount }) => {
          await notifier.notify(frozen(example), quiet);
          assert.ok(attemptCount === null || attemptCount() === 1, "the far end was tried once");
        }),
    },
    {
      claim: "with an interruption beforehand nothing is sent",
      check: () =>
        using(reaching, async ({ notifier, arrived, attemptCount }) => {
          problemOf(await notifier.notify(frozen(example), AbortSignal.abort()));
          assert.deepEqual(await arrived(), []);
          assert.ok(attemptCount === null || attemptCount() === 0, "the far end was not tried");
        }),
    },
  ];
}

function interruptionClaim(hanging: () => Promise<ArrangedNotifier>): Claim {
  return {
    claim: "it stops soon after the signal aborts",
    check: () =>
      using(hanging, async ({ notifier }) => {
        const stop = AbortSignal.timeout(100);
        problemOf(await soon(notifier.notify(frozen(example), stop), stopWithinMs));
      }),
  };
}

async function using(
  open: () => Promise<ArrangedNotifier>,
  use: (arranged: ArrangedNotifier) => Promise<void>,
): Promise<void> {
  const arranged = await open();
  await use(arranged).finally(() => arranged.close());
}

function problemOf(told: Result<undefined, Problem>): Problem {
  assert.ok(!told.ok, "it has failed");
  assert.ok(Object.hasOwn(codes, told.error.code), `\`${told.error.code}\` is a code of ours`);
  assert.match(told.error.message, /^[^\n]+$/);
  return told.error;
}

/** A notification that cannot be changed, so that a notifier that tries to throws. */
function frozen(notification: Notification): Notification {
  for (const step of notification.next) Object.freeze(step);
  Object.freeze(notification.next);
  return Object.freeze(notification);
}
