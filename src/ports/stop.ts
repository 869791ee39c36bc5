/** How work is told to stop. */
export interface Stop {
  readonly isStopped: boolean;
  /** Aborts when the work is to stop, with the reason. */
  readonly signal: AbortSignal;
}

/** Work that stops with a signal of somebody else's. */
export function stopOn(signal: AbortSignal): Stop {
  return {
    get isStopped() {
      return signal.aborted;
    },
    signal,
  };
}

/**
 * As an abort controller, but its signal is made when it is first asked for. A signal costs more than a call to
 * something in memory, and a call that answers at once asks for none.
 */
export class Stopper implements Stop {
  #controller: AbortController | null = null;
  #why: { readonly reason: unknown } | null = null;

  get isStopped(): boolean {
    return this.#why !== null;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#why !== null) this.#controller.abort(this.#why.reason);
    }
    return this.#controller.signal;
  }

  /** Tells it. Only the first time counts. */
  stop(reason: unknown): void {
    if (this.#why !== null) return;
    this.#why = { reason };
    this.#controller?.abort(reason);
  }
}
