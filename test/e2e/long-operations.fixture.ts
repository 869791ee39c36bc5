import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A job or an operation, as the servers hold it. */
export interface Operation {
  readonly id: string;
  readonly what: string;
  status: string;
  percent: number;
  says: string | null;
  /** How often it was asked about. */
  askedCount: number;
  /** Ends it well, with its effect. */
  readonly done: () => void;
}

/**
 * A server that speaks two dialects: a cloud's, with 202, `Operation-Location` and `Retry-After`, and a job server's,
 * with the number of a job and a status. Nothing ends by itself unless `endsAfter` questions were asked.
 */
export class LongOperations {
  readonly operations: Operation[] = [];
  /** What came, in order: `PUT /databases/orders`. */
  readonly asked: string[] = [];
  readonly sizes = new Map([["orders", "small"]]);
  readonly patches = new Map([
    ["c11", "june"],
    ["c12", "june"],
  ]);
  /** The keys of starts, and the job that each has started. */
  readonly #keys = new Map<string, Operation>();
  endsAfter = 3;
  /** How the next operations go: `well`, or with a status and words of their own. */
  fate: "well" | { readonly status: string; readonly says: string } = "well";
  /** Whether the answer to the next start is lost. */
  losesStart = false;
  retryAfter: string | null = "0";
  #server: Server | undefined;

  async open(): Promise<string> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => this.#answer(request, response, body));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A server that listens on TCP has an address with a port.
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  }

  count(what: string): number {
    return this.asked.filter((asked) => asked.startsWith(what)).length;
  }

  #answer({ method = "", url = "", headers }: IncomingMessage, response: ServerResponse, body: string): void {
    this.asked.push(`${method} ${url}`);
    const [, kind = "", id = "", verb = ""] = url.split("/");
    const send = (status: number, value: object, more: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...more }).end(JSON.stringify(value));
    };
    if (method === "GET" && kind === "databases") return send(200, { id, size: this.sizes.get(id) });
    if (method === "GET" && kind === "hosts") return send(200, { id, patch: this.patches.get(id) });
    if (method === "GET") return this.#tell(id, kind, send);
    if (kind === "jobs" && verb === "cancel") {
      const job = this.operations.find((operation) => operation.id === id);
      if (job !== undefined) job.status = "canceled";
      return send(202, {});
    }
    if (kind === "databases") {
      const { size } = JSON.parse(body) as { readonly size: string };
      const operation = this.#startOnce(headers, () =>
        this.#start(`6f9c-${this.operations.length}`, `${id} ${size}`, () => this.sizes.set(id, size)),
      );
      if (this.#loses(response)) return;
      const location = `https://cloud.example/operations/${operation.id}?api-version=2024-01-01`;
      return send(202, {}, { "operation-location": location, ...this.#wait() });
    }
    const { limit, extra_vars: vars } = JSON.parse(body) as {
      readonly limit: string;
      readonly extra_vars: { readonly patch: string };
    };
    const number = String(100 + this.operations.length);
    const job = this.#startOnce(headers, () =>
      this.#start(number, `${limit} ${vars.patch}`, () => this.patches.set(limit, vars.patch)),
    );
    if (this.#loses(response)) return;
    send(201, { job: Number(job.id), status: "pending" }, this.#wait());
  }

  /** A start whose key is known is answered with the operation that was started under it, ended or not. */
  #startOnce({ "idempotency-key": key }: IncomingMessage["headers"], start: () => Operation): Operation {
    if (typeof key !== "string") return start();
    const operation = this.#keys.get(key) ?? start();
    this.#keys.set(key, operation);
    return operation;
  }

  #wait(): Readonly<Record<string, string>> {
    return this.retryAfter === null ? {} : { "retry-after": this.retryAfter };
  }

  #loses(response: ServerResponse): boolean {
    if (!this.losesStart) return false;
    this.losesStart = false;
    response.destroy();
    return true;
  }

  #start(id: string, what: string, done: () => void): Operation {
    const operation = { id, what, status: "running", percent: 0, says: null, askedCount: 0, done };
    this.operations.push(operation);
    return operation;
  }

  #tell(id: string, kind: string, send: (status: number, value: object) => void): void {
    const operation = this.operations.find((known) => known.id === id);
    if (operation === undefined) return send(404, { detail: "not found" });
    operation.askedCount += 1;
    operation.percent = Math.min(90, operation.percent + 40);
    if (operation.status === "running" && operation.askedCount >= this.endsAfter) this.#end(operation);
    const { status, percent, says } = operation;
    if (kind === "jobs") return send(200, { id, status, job_explanation: says ?? "" });
    const word = { running: "InProgress", successful: "Succeeded", failed: "Failed" }[status] ?? status;
    send(200, { status: word, percentComplete: percent, ...(says === null ? {} : { error: { message: says } }) });
  }

  #end(operation: Operation): void {
    if (this.fate === "well") {
      operation.status = "successful";
      return operation.done();
    }
    [operation.status, operation.says] = [this.fate.status, this.fate.says];
  }
}
