/** How to close a site in which runs of other processes are under way. */
export interface CloseOptions {
  /** Aborted to leave those runs to their own processes. By default, `close` waits for them without limit. */
  readonly leave?: AbortSignal;
  /** Called with the runs that are waited for. */
  readonly onStay?: (runIds: readonly string[]) => void;
}
