import type { Socket } from "node:net";

/** How long and how large a line may be, and how much all half lines together. */
export interface LineBounds {
  readonly bytesMax: number;
  /** From the connection to the end of the line, however lively the other side is in between. */
  readonly withinMs: number;
  /** Shared by all connections of one listener. */
  readonly budget: LineBudget;
}

/** What half lines hold together. */
export class LineBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether so much more may be held. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/**
 * Hears one line from a connection. A sender that is too slow, says too much, or holds too much together with others is
 * cut off. One byte is looked at once.
 *
 * @param onLine - called at most once, with the line and without its line feed
 */
export function hearLine(
  socket: Socket,
  { bytesMax, withinMs, budget }: LineBounds,
  onLine: (line: string) => void,
): void {
  const chunks: Buffer[] = [];
  let heldBytes = 0;
  const timer = setTimeout(() => socket.destroy(), withinMs).unref();
  const letGo = (): void => {
    clearTimeout(timer);
    socket.off("data", hear);
    budget.giveBack(heldBytes);
    heldBytes = 0;
    chunks.length = 0;
  };
  const hear = (chunk: Buffer): void => {
    const end = chunk.indexOf(0x0a);
    const part = end < 0 ? chunk : chunk.subarray(0, end);
    if (heldBytes + part.length > bytesMax || !budget.take(part.length)) return void socket.destroy();
    heldBytes += part.length;
    chunks.push(part);
    if (end < 0) return;
    socket.pause();
    const line = Buffer.concat(chunks).toString("utf8");
    letGo();
    onLine(line);
  };
  socket.on("data", hear);
  socket.once("close", letGo);
}
