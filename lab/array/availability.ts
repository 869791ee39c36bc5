import { type ArrayState, readThroughPath, type UnavailableReason } from "./model.ts";

/** A time in which a host could not read. `toMs` is null while it lasts. */
export interface UnavailableInterval {
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly reason: UnavailableReason;
}

/** What happened to one host. `reads` are counted since the process started; intervals survive restarts. */
export interface HostAvailability {
  readonly host: string;
  readonly available: boolean;
  readonly reads: { readonly ok: number; readonly unavailable: number };
  readonly unavailableMs: number;
  readonly intervals: readonly UnavailableInterval[];
}

/** What happened to all hosts. */
export interface Availability {
  readonly atMs: number;
  readonly unavailableMs: number;
  readonly intervalCount: number;
  readonly reads: { readonly ok: number; readonly unavailable: number };
  readonly hosts: readonly HostAvailability[];
}

interface HostRecord {
  readonly intervals: UnavailableInterval[];
  ok: number;
  unavailable: number;
}

/**
 * Records unavailability twice: exactly, as intervals between the changes of state that begin and end it, and by
 * counting the reads that failed because of it. The first misses nothing, however short. The second is what a host
 * would have noticed.
 */
export class AvailabilityRecorder {
  readonly #records = new Map<string, HostRecord>();

  /** Call it after every change of state. */
  observeState(state: ArrayState, nowMs: number): void {
    for (const host of state.hosts) {
      const { intervals } = this.#record(host.id);
      const result = readThroughPath(state, host);
      const last = intervals.at(-1);
      const open = last !== undefined && last.toMs === null ? last : null;
      if (open !== null && open.reason === result) continue;
      if (open !== null) intervals[intervals.length - 1] = { ...open, toMs: nowMs };
      if (result !== "ok") intervals.push({ fromMs: nowMs, toMs: null, reason: result });
    }
  }

  /** Call it after every read. */
  countRead(host: string, result: "ok" | UnavailableReason): void {
    const record = this.#record(host);
    if (result === "ok") record.ok += 1;
    else record.unavailable += 1;
  }

  /** Everything recorded so far; an open interval counts up to now. */
  report(nowMs: number): Availability {
    const hosts = [...this.#records].map(([host, record]) => describeHost(host, record, nowMs));
    const sum = (pick: (host: HostAvailability) => number): number =>
      hosts.reduce((total, host) => total + pick(host), 0);
    return {
      atMs: nowMs,
      unavailableMs: sum((host) => host.unavailableMs),
      intervalCount: sum((host) => host.intervals.length),
      reads: { ok: sum((host) => host.reads.ok), unavailable: sum((host) => host.reads.unavailable) },
      hosts,
    };
  }

  #record(host: string): HostRecord {
    const known = this.#records.get(host);
    if (known !== undefined) return known;
    const record: HostRecord = { intervals: [], ok: 0, unavailable: 0 };
    this.#records.set(host, record);
    return record;
  }
}

function describeHost(host: string, record: HostRecord, nowMs: number): HostAvailability {
  const lengthMs = (interval: UnavailableInterval): number => (interval.toMs ?? nowMs) - interval.fromMs;
  return {
    host,
    available: record.intervals.at(-1)?.toMs !== null,
    reads: { ok: record.ok, unavailable: record.unavailable },
    unavailableMs: record.intervals.reduce((total, interval) => total + lengthMs(interval), 0),
    intervals: [...record.intervals],
  };
}
