import type { Problem } from "../../core/value/codes.ts";
import type { Callback } from "./intake.ts";

/** One call of a method of the door, from its request to its answer. */
export interface Call {
  /** Lends a callback of the caller's to the flow, so that what it does or fails to do stays the caller's affair. */
  lend(callback: Callback, options: { readonly isWaitedFor: boolean }): Callback;
  /** The call has its answer. */
  end(): void;
}

/**
 * The calls of a door that are under way. Closing does not wait for a call that waits for its caller,
 * who may be reading a review or typing a passphrase. The answer then comes too late.
 */
export class Calls {
  readonly #onDefect: (error: unknown) => void;
  /** How many callbacks each call waits for. */
  readonly #underWay = new Map<Call, number>();
  #wake: (() => void)[] = [];
  #isClosed = false;

  /** @param onDefect - hears what a callback threw whose answer nobody needs; must not throw */
  constructor(onDefect: (error: unknown) => void) {
    this.#onDefect = onDefect;
  }

  /** Whether calls are refused. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  begin(): Call {
    const call: Call = {
      lend: (callback, { isWaitedFor }) => (isWaitedFor ? this.#asking(call, callback) : this.#telling(callback)),
      end: () => {
        this.#underWay.delete(call);
        this.#changed();
      },
    };
    this.#underWay.set(call, 0);
    return call;
  }

  /** Refuses every call from now on; resolves once each that is under way has its answer, or waits for its caller. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while ([...this.#underWay.values()].some((waitCount) => waitCount === 0))
      await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** A callback whose answer is waited for. An answer that comes after the door was closed ends the call. */
  #asking(call: Call, callback: Callback): Callback {
    return (...given) => {
      const answer = callback(...given);
      if (!isThenable(answer)) return answer;
      this.#wait(call, 1);
      return Promise.resolve(answer).finally(() => {
        this.#wait(call, -1);
        if (this.#isClosed) throw new DoorClosed();
      });
    };
  }

  #telling(callback: Callback): Callback {
    return (...given) => {
      try {
        const answer = callback(...given);
        if (isThenable(answer)) Promise.resolve(answer).catch(this.#onDefect);
      } catch (error) {
        this.#onDefect(error);
      }
    };
  }

  #wait(call: Call, change: 1 | -1): void {
    const waitCount = this.#underWay.get(call);
    // A signer outlives the call that made it.
    if (waitCount !== undefined) this.#underWay.set(call, waitCount + change);
    this.#changed();
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}

/** The door was closed while a call waited for its caller. Caught where the call began, and nowhere else. */
export class DoorClosed extends Error {
  override readonly name = "DoorClosed";
}

/** A callback answered with something that its method cannot take. Caught where the call began, and nowhere else. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("a callback's answer has another shape than its method takes");
    this.problems = problems;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}
