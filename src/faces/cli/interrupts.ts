/** What the first and the second Ctrl-C (or SIGTERM) do while something is under way. */
export interface InterruptHandlers {
  /** `cause`: what to record, such as for a run that is stopped. */
  readonly onFirst: (cause: "SIGINT" | "SIGTERM") => void;
  readonly onSecond?: () => void;
}

/** That no further step begins, and what a second signal does: Ctrl-C is for a terminal, and none sends SIGTERM. */
export function stoppingText(cause: "SIGINT" | "SIGTERM"): string {
  const again = cause === "SIGINT" ? "Ctrl-C again leaves it as it stands" : "a second SIGTERM leaves it as it stands";
  return `stopping after what is in flight; ${again}`;
}

/**
 * Handles interrupts until it is disposed of. Without it, an interrupt would end the process in the middle of an
 * effect.
 */
export function interrupts({ onFirst, onSecond }: InterruptHandlers): { readonly dispose: () => void } {
  let count = 0;
  const onInterrupt = (signal: NodeJS.Signals): void => {
    count += 1;
    if (count === 1) onFirst(signal === "SIGTERM" ? "SIGTERM" : "SIGINT");
    else onSecond?.();
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
  return {
    dispose: () => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onInterrupt);
    },
  };
}
