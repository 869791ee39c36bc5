/** Work admitted to a worker: some at once in slots, some waiting in a queue, the rest refused. */
export interface Slots {
  /** Runs `work` now or when a slot frees up; false when the queue is full. `work` must call back once. */
  readonly submit: (work: (release: () => void) => void) => boolean;
  /** Integrals since the start, in seconds: queue length and busy slots over time. */
  readonly readSeconds: () => { readonly queueSeconds: number; readonly busySeconds: number };
  readonly readCounts: () => { readonly queueCount: number; readonly busyCount: number };
}

/** Creates slots with a first-in first-out queue; `readNowMs` is a monotonic clock. */
export function createSlots(options: {
  readonly slotCount: number;
  readonly queueCountMax: number;
  readonly readNowMs: () => number;
}): Slots {
  const queue: ((release: () => void) => void)[] = [];
  let busyCount = 0;
  let queueMs = 0;
  let busyMs = 0;
  let integratedAtMs = options.readNowMs();

  function integrate(): void {
    const nowMs = options.readNowMs();
    queueMs += queue.length * (nowMs - integratedAtMs);
    busyMs += busyCount * (nowMs - integratedAtMs);
    integratedAtMs = nowMs;
  }

  function start(work: (release: () => void) => void): void {
    busyCount++;
    let isReleased = false;
    work(() => {
      if (isReleased) return;
      isReleased = true;
      integrate();
      busyCount--;
      const next = queue.shift();
      if (next !== undefined) start(next);
    });
  }

  return {
    submit: (work) => {
      integrate();
      if (busyCount < options.slotCount) {
        start(work);
        return true;
      }
      if (queue.length >= options.queueCountMax) return false;
      queue.push(work);
      return true;
    },
    readSeconds: () => {
      integrate();
      return { queueSeconds: queueMs / 1_000, busySeconds: busyMs / 1_000 };
    },
    readCounts: () => ({ queueCount: queue.length, busyCount }),
  };
}
