import { describe, expect, it } from "vitest";
import type { NotificationEvent } from "../../core/run/words/notification-event.ts";
import type { EscalationConfig } from "../../notifiers/escalation-config.ts";
import { isAsking, Outbox } from "./outbox.ts";
import { type Audience, outstandingOf } from "./tellings.ts";

const minute = 60_000;
const escalation: EscalationConfig = {
  steps: [
    { notify: ["pager"], afterMs: 0 },
    { notify: ["pager", "manager"], afterMs: 15 * minute },
  ],
  repeat: { waitMs: 30 * minute, count: 1 },
};
const names = new Set(["pager", "manager", "chat"]);
const queued = {
  kind: "notification_queued",
  runId: null,
  notificationId: "ntf_1",
  about: "incident_closed",
  subject: "inc_1",
  owner: "ada",
  to: ["chat", "manager", "pager"],
  handover: null,
} as const;
const ada = { kind: "person", id: "ada", keyId: null } as const;

function outboxOf(events: readonly NotificationEvent[]): Outbox {
  const outbox = new Outbox();
  for (const [seq, event] of events.entries()) outbox.take({ seq, atMs: 0, event });
  return outbox;
}

/** What is due after so many minutes, as `notifier step.round`. */
function dueAfter(minutes: number, events: readonly NotificationEvent[], audience: Audience = { names, escalation }) {
  const notification = outboxOf(events).find("ntf_1");
  if (notification === null) throw new Error("it was queued");
  const { due, nextAtMs } = outstandingOf(notification, audience, minutes * minute);
  return {
    due: due.map(({ notifier, step, round }) => `${notifier} ${step}.${round}`).sort(),
    next: nextAtMs === null ? null : nextAtMs / minute,
  };
}

const delivered = (notifier: string, step: number, round: number): NotificationEvent => ({
  kind: "notification_delivered",
  runId: null,
  notificationId: "ntf_1",
  notifier,
  step,
  round,
  attemptCount: 1,
});

describe("who is told of what waits for a person", () => {
  it("is the first step at once, the next in its time, and all of them again in the next round", () => {
    expect(dueAfter(0, [queued])).toEqual({ due: ["chat 0.0", "pager 1.1"], next: 15 });
    const told = [queued, delivered("chat", 0, 0), delivered("pager", 1, 1)];
    expect(dueAfter(14, told)).toEqual({ due: [], next: 15 });
    expect(dueAfter(15, told)).toEqual({ due: ["manager 2.1", "pager 2.1"], next: 45 });
    const twice = [...told, delivered("pager", 2, 1), delivered("manager", 2, 1)];
    expect(dueAfter(45, twice)).toEqual({ due: ["pager 1.2"], next: 60 });
    expect(dueAfter(60, twice)).toEqual({ due: ["manager 2.2", "pager 2.2"], next: null });
  });

  it("is nobody more once a person has acknowledged it, but a notifier that listens to everything", () => {
    const acknowledged = {
      kind: "notification_acknowledged",
      runId: null,
      notificationId: "ntf_1",
      by: ada,
      reason: "",
    } as const;

    expect(dueAfter(600, [queued, acknowledged])).toEqual({ due: ["chat 0.0"], next: null });
    expect(dueAfter(600, [queued, delivered("chat", 0, 0), acknowledged])).toEqual({ due: [], next: null });
  });

  it("is nobody more once it was withdrawn, or something later is about the same", () => {
    const withdrawn = { kind: "notification_withdrawn", runId: null, notificationId: "ntf_1" } as const;
    const later = { ...queued, notificationId: "ntf_2" } as const;

    expect(dueAfter(600, [queued, withdrawn]).due).toEqual(["chat 0.0"]);
    expect(dueAfter(600, [queued, later]).due).toEqual(["chat 0.0"]);
  });

  it("is told only the newest telling that an outage held up", () => {
    expect(dueAfter(46, [queued]).due).toEqual(["chat 0.0", "manager 2.1", "pager 1.2"]);
  });

  it("is everybody at once, and once, where the site declares no escalation", () => {
    const audience = { names, escalation: null };

    expect(dueAfter(600, [queued], audience)).toEqual({
      due: ["chat 0.0", "manager 0.0", "pager 0.0"],
      next: null,
    });
  });

  it("is no notifier of the escalation where nobody is asked, and none that came later", () => {
    expect(dueAfter(600, [{ ...queued, owner: null }])).toEqual({ due: ["chat 0.0"], next: null });
    expect(dueAfter(600, [{ ...queued, owner: null, to: [] }])).toEqual({ due: [], next: null });
  });
});

describe("the outbox", () => {
  it("takes a notification in once, and the first acknowledgement", () => {
    const by = (id: string) => ({ ...ada, id });
    const word = { kind: "notification_acknowledged", runId: null, notificationId: "ntf_1", reason: "" } as const;
    const outbox = outboxOf([
      queued,
      { ...queued, owner: "eve" },
      { ...word, by: by("ada") },
      { ...word, by: by("bob") },
    ]);

    expect([...outbox.all()]).toMatchObject([{ owner: "ada", acknowledged: { by: { id: "ada" } } }]);
    expect([...outbox.all()].map(isAsking)).toEqual([false]);
  });
});
