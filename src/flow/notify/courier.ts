import type { DeliverOptions, DeliveryMode } from "./delivery.ts";

/** Delivers beside the work of one door, whenever something has been queued. */
export class Courier {
  readonly #deliver: (options: DeliverOptions) => Promise<unknown>;
  readonly #onDefect: (error: unknown) => void;
  readonly #stop = new AbortController();
  #mode: DeliveryMode = "open";
  #working: Promise<void> | null = null;
  #hasNews = false;
  #wake: () => void = () => undefined;

  constructor(deliver: (options: DeliverOptions) => Promise<unknown>, onDefect: (error: unknown) => void) {
    this.#deliver = deliver;
    this.#onDefect = onDefect;
  }

  /** There may be something to deliver. Returns at once. */
  wake(): void {
    if (this.#stop.signal.aborted) return;
    this.#hasNews = true;
    this.#wake();
    this.#working ??= this.#work();
  }

  /** Waits until everything that is due was tried once, and delivers no more. `leave` aborts that. */
  async close(leave: AbortSignal): Promise<void> {
    const stop = (): void => this.#stop.abort();
    if (leave.aborted) stop();
    leave.addEventListener("abort", stop, { once: true });
    this.#mode = "once";
    this.#wake();
    await this.#working;
    leave.removeEventListener("abort", stop);
    stop();
  }

  async #work(): Promise<void> {
    try {
      while (this.#hasNews && !this.#stop.signal.aborted) {
        this.#hasNews = false;
        await this.#deliver({
          mode: () => this.#mode,
          signal: this.#stop.signal,
          onBegin: (wake) => {
            this.#wake = wake;
          },
        });
      }
    } catch (error) {
      // Nothing that runs depends on it, and the log still says what is to be told.
      this.#onDefect(error);
    } finally {
      this.#wake = () => undefined;
      this.#working = null;
    }
  }
}
