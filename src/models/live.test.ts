import { afterEach, describe, expect, it } from "vitest";
import type { ModelRequest } from "../ports.ts";
import { type ChatServer, servedModel, startChatServer } from "./chat-server.fixture.ts";
import { liveModel } from "./live.ts";

let server: ChatServer;

afterEach(async () => server.close());

const request: ModelRequest = {
  prompt: { instructions: "Answer.", messages: [{ role: "user", content: "Material" }] },
  output: null,
  outputTokenCountMax: 123,
  signal: new AbortController().signal,
};

const askServer = (apiKey: string | null = null, more: Partial<ModelRequest> = {}) =>
  liveModel({ baseUrl: server.baseUrl, model: "model-1", apiKey }).ask({ ...request, ...more });

describe("a live model", () => {
  it("sends instructions apart from material, temperature 0 and the limit, and says which model answered", async () => {
    server = await startChatServer(() => "yes");

    const reply = await askServer("key-1");

    expect(reply).toEqual({
      kind: "said",
      text: "yes",
      model: servedModel,
      inputTokenCount: 100,
      outputTokenCount: 20,
    });
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatchObject({
      authorization: "Bearer key-1",
      body: {
        model: "model-1",
        temperature: 0,
        max_tokens: 123,
        messages: [
          { role: "system", content: "Answer." },
          { role: "user", content: "Material" },
        ],
      },
    });
    expect(server.asked[0]?.body).not.toHaveProperty("response_format");
  });

  it("asks for structured output where a schema is given", async () => {
    server = await startChatServer(() => "{}");
    const schema = { type: "object", properties: {}, required: [], additionalProperties: false };

    await askServer(null, { output: { name: "proposal", schema } });

    expect(server.asked[0]?.body.response_format).toMatchObject({
      type: "json_schema",
      json_schema: { name: "proposal", strict: true, schema },
    });
  });

  it("sends no key but the one it was given, even if the environment has others", async () => {
    server = await startChatServer(() => "yes");
    process.env["OPENAI_API_KEY"] = "sk-from-the-environment";

    await askServer().finally(() => delete process.env["OPENAI_API_KEY"]);

    expect(server.asked[0]?.authorization).toBeUndefined();
  });

  it("has failed if the reply does not follow the protocol", async () => {
    for (const sends of [
      "",
      "not json",
      "null",
      "{}",
      '{"choices":[]}',
      '{"choices":[{"message":7}]}',
      '{"choices":[{',
    ]) {
      server = await startChatServer(() => ({ sends }));

      const reply = await askServer();
      await server.close();

      expect([sends, reply]).toEqual([sends, { kind: "failed", reason: expect.stringMatching(/^[^\n]{1,200}$/) }]);
    }
  });

  it("stops reading a reply at its limit, errors included", async () => {
    const endless = `{"choices":[{"message":{"role":"assistant","content":"${"x".repeat(3_000_000)}"}}]}`;
    for (const answer of [{ sends: endless }, { fails: "x".repeat(3_000_000) }]) {
      server = await startChatServer(() => answer);

      const reply = await askServer();
      await server.close();

      expect(reply).toEqual({ kind: "failed", reason: "the server sent more than 2000000 bytes" });
    }
  });

  it("says in one line what went wrong, and nothing of what the server said", async () => {
    server = await startChatServer(() => ({ fails: "the prompt was: Material" }));
    const refused = await askServer();
    await server.close();

    const unreachable = await askServer();

    expect(refused).toEqual({ kind: "failed", reason: "the server answered HTTP 500" });
    expect(unreachable).toEqual({ kind: "failed", reason: "the server cannot be reached (ECONNREFUSED)" });
  });
});
