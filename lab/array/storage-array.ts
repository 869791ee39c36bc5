import { type Availability, AvailabilityRecorder } from "./availability.ts";
import { type Command, decideCommand, findTarget, type Refused, refuse } from "./commands.ts";
import { type EventKind, Journal, type JournalEntry, type JournalLine, type RequestEntry } from "./journal.ts";
import {
  type ArrayObject,
  type ArrayShape,
  type ArrayState,
  type ControllerId,
  createArrayState,
  entityTag,
  type PathState,
  type PendingUpgrade,
  readThroughPath,
  replaceObject,
  type UpgradeOutcome,
} from "./model.ts";
import { findOperation, type UpgradeOperation } from "./operations.ts";

/**
 * How a write identifies itself: its key, what it asks for (method, path, body), and the ETags that it accepts (null:
 * any).
 */
export interface WriteIdentity {
  readonly key: string | null;
  readonly request: string;
  readonly ifMatch: readonly string[] | null;
}

/** A write that was applied, either now (`replayed: false`) or earlier under the same key. */
export interface Applied {
  readonly kind: "applied";
  readonly replayed: boolean;
  readonly entry: RequestEntry;
}

/** What an array is started with. */
export interface StorageArrayOptions {
  readonly shape: ArrayShape;
  readonly stateFolder: string | null;
  readonly upgradeMs: number;
  /** Called once for each upgrade that begins, to choose how it will end. */
  readonly nextUpgradeOutcome: (controller: ControllerId) => UpgradeOutcome;
  readonly now: () => number;
}

/** How an upgrade of a controller ended: as the array chose when it began, or because a client cancelled it. */
interface Ending {
  readonly controller: ControllerId;
  readonly outcome: Exclude<UpgradeOutcome, "stalled"> | "cancelled";
}

/** The running array: state, journal, upgrade timer, availability. Every write is applied in one synchronous turn. */
export class StorageArray {
  readonly #options: StorageArrayOptions;
  readonly #journal: Journal;
  readonly #availability = new AvailabilityRecorder();
  #state: ArrayState;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: StorageArrayOptions) {
    this.#options = options;
    this.#journal = new Journal(options.stateFolder, options.shape);
    this.#state = createArrayState(this.#journal.shape);
    this.#availability.observeState(this.#state, options.now());
    for (const line of this.#journal.lines) this.#fold(line);
    this.#scheduleUpgradeEnd();
  }

  get state(): ArrayState {
    return this.#state;
  }

  get journal(): readonly JournalEntry[] {
    return this.#journal.lines.map((line) => line.entry);
  }

  availability(): Availability {
    return this.#availability.report(this.#options.now());
  }

  /**
   * Applies a write once. The key is checked before the fence: a repeat must get the reply of its own effect, and not
   * be told that the object has changed, because that very effect changed it. A refusal had no effect and is not
   * remembered.
   */
  execute(command: Command, identity: WriteIdentity): Applied | Refused {
    const known = identity.key === null ? null : this.#journal.findByKey(identity.key);
    if (known !== null) {
      if (known.request !== identity.request)
        return refuse(422, "idempotency_key_reused", "this key was used for another request: take a new one");
      return { kind: "applied", replayed: true, entry: known };
    }
    const target = findTarget(this.#state, command);
    if (target !== null && identity.ifMatch !== null && !identity.ifMatch.includes(entityTag(target.value))) {
      return refuse(412, "stale", "the object is not what `If-Match` names: read it again");
    }
    const change = decideCommand(this.#state, command);
    if (change.kind === "refused") return change;
    if (this.#journal.isFull) return refuse(507, "journal_full", "the array's journal is full: start a new array");
    return this.#applyRequest(command, identity, change.before, change.after);
  }

  /** One read of a host, through the path it uses; counted. */
  readAs(hostId: string): void {
    const host = this.#state.hosts.find((candidate) => candidate.id === hostId);
    if (host !== undefined) this.#availability.countRead(hostId, readThroughPath(this.#state, host));
  }

  /** A cable comes loose or is back, without any request. */
  setPathByAccident(hostId: string, controller: ControllerId, state: PathState): void {
    const host = this.#state.hosts.find((candidate) => candidate.id === hostId);
    if (host === undefined || host.paths[controller] === state) return;
    const after: ArrayObject = { kind: "host", value: { ...host, paths: { ...host.paths, [controller]: state } } };
    const what = state === "connected" ? "path_returned" : "path_lost";
    this.#appendEvent(what, this.#options.now(), { kind: "host", value: host }, after, this.#state.pending);
  }

  /** How the upgrade goes that an entry of the journal began. */
  operation(id: string): UpgradeOperation | Refused {
    const found = this.#findOperation(id);
    return found.kind === "found" ? found.operation : found;
  }

  /** Ends an upgrade on the old version, unless it has ended already. */
  cancel(id: string): UpgradeOperation | Refused {
    const found = this.#findOperation(id);
    if (found.kind === "refused") return found;
    if (found.operation.status === "running") {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#endUpgrade({ controller: found.controller, outcome: "cancelled" }, this.#options.now());
    }
    return this.operation(id);
  }

  #findOperation(id: string): ReturnType<typeof findOperation> {
    return findOperation(this.journal, id, { nowMs: this.#options.now(), upgradeMs: this.#options.upgradeMs });
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#journal.close();
  }

  #applyRequest(command: Command, identity: WriteIdentity, before: ArrayObject, after: ArrayObject): Applied {
    const atMs = this.#options.now();
    const isUpgrade = command.kind === "upgrade_firmware";
    const pending: PendingUpgrade | null = isUpgrade
      ? {
          controller: command.controller,
          endsAtMs: atMs + this.#options.upgradeMs,
          outcome: this.#options.nextUpgradeOutcome(command.controller),
        }
      : this.#state.pending;
    const entry: RequestEntry = {
      ...this.#entryBase(atMs, before, after),
      kind: "request",
      what: command.kind,
      key: identity.key,
      request: identity.request,
    };
    this.#append({ entry, after, pending });
    if (isUpgrade) this.#scheduleUpgradeEnd();
    return { kind: "applied", replayed: false, entry };
  }

  #entryBase(atMs: number, before: ArrayObject, after: ArrayObject) {
    return {
      seq: this.#journal.lines.length + 1,
      atMs,
      target: nameObject(after),
      changed: entityTag(before.value) !== entityTag(after.value),
      before: before.value,
      after: after.value,
    };
  }

  #appendEvent(
    what: EventKind,
    atMs: number,
    before: ArrayObject,
    after: ArrayObject,
    pending: PendingUpgrade | null,
  ): void {
    this.#append({ entry: { ...this.#entryBase(atMs, before, after), kind: "event", what }, after, pending });
  }

  #append(line: JournalLine): void {
    this.#journal.append(line);
    this.#fold(line);
  }

  #fold(line: JournalLine): void {
    this.#state = replaceObject(this.#state, line.after, line.pending);
    this.#availability.observeState(this.#state, line.entry.atMs);
  }

  #scheduleUpgradeEnd(): void {
    const { pending } = this.#state;
    if (pending === null || pending.outcome === "stalled") return;
    const ending: Ending = { controller: pending.controller, outcome: pending.outcome };
    const waitMs = pending.endsAtMs - this.#options.now();
    // After a restart the end may lie in the past: the controller did not wait for its management process.
    if (waitMs <= 0) this.#endUpgrade(ending, pending.endsAtMs);
    else this.#timer = setTimeout(() => this.#endUpgrade(ending, this.#options.now()), waitMs);
  }

  #endUpgrade({ controller: id, outcome }: Ending, endedAtMs: number): void {
    const before = this.#state.controllers[id];
    const after: ArrayObject = {
      kind: "controller",
      value: {
        ...before,
        state: outcome === "failed" ? "failed" : "online",
        firmware: outcome === "upgraded" && before.upgradingTo !== null ? before.upgradingTo : before.firmware,
        upgradingTo: null,
      },
    };
    const lastAtMs = this.#journal.lines.at(-1)?.entry.atMs ?? endedAtMs;
    this.#appendEvent(
      `firmware_${outcome}`,
      Math.max(endedAtMs, lastAtMs),
      { kind: "controller", value: before },
      after,
      null,
    );
  }
}

function nameObject(object: ArrayObject): string {
  return object.kind === "owner" ? "owner" : `${object.kind}s/${object.value.id}`;
}
