// A language model's server as its provider's protocol has it (chat completions); what it says is the test's.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface Asked {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly response_format?: {
      readonly type: string;
      readonly json_schema?: { readonly strict: boolean; readonly schema: object };
    };
  };
}

export interface FakeProvider {
  readonly baseUrl: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** Answers request after request; `null` answers with an error, and after the last answer it repeats it. A promise keeps the caller waiting. */
export async function startFakeProvider(answers: readonly (string | null | Promise<string>)[]): Promise<FakeProvider> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? null;
      asked.push({
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Asked["body"],
      });
      void Promise.resolve(answer).then((text) => {
        const body =
          text === null
            ? { error: { message: "overloaded" } }
            : {
                id: "c1",
                object: "chat.completion",
                created: 0,
                model: "served-model-7",
                choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
                usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
              };
        response.writeHead(text === null ? 500 : 200, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // A server that listens on TCP has an address with a port.
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A proposal to scale the shop, as a model would write it. */
export function scaleProposal(workers: number, more: object = {}): string {
  const args = [
    { name: "service", from: "literal", value: '"shop"' },
    { name: "workers", from: "literal", value: String(workers) },
  ];
  const step = {
    id: "scale",
    action: "service.scale",
    purpose: "more workers",
    kind: "act",
    after: [],
    when: "",
    args,
    expect: [],
    onFailure: "rollback",
  };
  return JSON.stringify({
    format: "interlock.proposal/1",
    goal: "",
    summary: "scale out",
    decline: "",
    assumptions: [],
    steps: [step],
    ...more,
  });
}
