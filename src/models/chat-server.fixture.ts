// A language model's server, as the chat-completions protocol has it. The test says what it answers.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
export interface ChatRequest {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly temperature?: number;
    readonly max_tokens?: number;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly response_format?: {
      readonly type: string;
      readonly json_schema?: { readonly name: string; readonly strict: boolean; readonly schema: object };
    };
  };
}

/**
 * A text is what the model says. `fails` answers HTTP 500 with these words; `sends` answers HTTP 200 with these bytes.
 */
export type ChatAnswer =
  | string
  | { readonly fails: string }
  | { readonly sends: string }
  | { readonly says: string; readonly tokens: { readonly input: number; readonly output: number } | null };

/** A server that runs. */
export interface ChatServer {
  readonly baseUrl: string;
  readonly asked: readonly ChatRequest[];
  close(): Promise<void>;
}

/** The name that the server gives as the model that answered. */
export const servedModel = "served-model-7";

/** Starts a server on loopback. A promise that never settles keeps the caller waiting. */
export async function startChatServer(
  answer: (request: ChatRequest, index: number) => ChatAnswer | Promise<ChatAnswer>,
): Promise<ChatServer> {
  const asked: ChatRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const arrived: ChatRequest = {
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as ChatRequest["body"],
      };
      asked.push(arrived);
      void Promise.resolve(answer(arrived, asked.length - 1)).then((given) => {
        const { status, text } = replyTo(given);
        response.writeHead(status, { "content-type": "application/json" }).end(text);
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

function replyTo(answer: ChatAnswer): { readonly status: number; readonly text: string } {
  if (typeof answer === "string") return replyTo({ says: answer, tokens: { input: 100, output: 20 } });
  if ("fails" in answer) return { status: 500, text: JSON.stringify({ error: { message: answer.fails } }) };
  if ("sends" in answer) return { status: 200, text: answer.sends };
  const { says, tokens } = answer;
  const completion = {
    id: "c1",
    object: "chat.completion",
    created: 0,
    model: servedModel,
    choices: [{ index: 0, message: { role: "assistant", content: says }, finish_reason: "stop" }],
    ...(tokens === null
      ? {}
      : {
          usage: {
            prompt_tokens: tokens.input,
            completion_tokens: tokens.output,
            total_tokens: tokens.input + tokens.output,
          },
        }),
  };
  return { status: 200, text: JSON.stringify(completion) };
}
