import { createServer, request as sendRequest } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { listen } from "../processes/child.ts";
import { jsonReply, requireToken, toListener } from "./http.ts";

const server = createServer(
  toListener(async (request) => {
    if (request.path === "/broken") throw new Error("a bug");
    if (request.path === "/secret") requireToken(request, "open sesame");
    return jsonReply(request.method === "POST" ? await request.readJson() : { path: request.path });
  }),
);
let port = 0;
beforeAll(async () => {
  port = await listen(server);
});
afterAll(() => {
  server.close();
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** fetch would not let a test choose the Host header. */
function ask(options: {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = sendRequest(
      {
        host: "127.0.0.1",
        port,
        path: options.path ?? "/",
        method: options.method ?? "GET",
        headers: { ...options.headers },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}

const JSON_TYPE = { "content-type": "application/json" };

describe("the API's listener", () => {
  it("a loopback name is served, and any other Host refused, so a page in a browser cannot reach the lab", async () => {
    expect((await ask({})).status).toBe(200);
    expect((await ask({ headers: { host: "localhost:80" } })).status).toBe(200);
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1"]) {
      expect(await ask({ headers: { host } })).toMatchObject({ status: 401, body: { code: "E_LAB_TOKEN" } });
    }
  });

  it("a body that is no JSON, of another type or too long is refused with what to do", async () => {
    const post = (body: string, headers: Readonly<Record<string, string>>): Promise<Answer> =>
      ask({ method: "POST", headers, body });

    expect(await post("{", JSON_TYPE)).toMatchObject({
      status: 400,
      body: { code: "E_LAB_ARGUMENTS", hint: expect.any(String) },
    });
    expect(await post("{}", { "content-type": "text/plain" })).toMatchObject({ status: 400 });
    expect(await post(JSON.stringify({ text: "x".repeat(20_000) }), JSON_TYPE)).toMatchObject({ status: 400 });
    expect(await post('{"a":1}', JSON_TYPE)).toEqual({ status: 200, body: { a: 1 } });
  });

  it("only the whole token opens", async () => {
    const withToken = (token: string): Promise<Answer> => ask({ path: "/secret", headers: { authorization: token } });

    expect((await withToken("Bearer open sesame")).status).toBe(200);
    for (const token of ["", "open sesame", "Bearer open sesam", "Bearer open sesame!", "bearer open sesame"])
      expect((await withToken(token)).status).toBe(401);
  });

  it("a bug of ours is an answer with a code, not a hung request", async () => {
    expect(await ask({ path: "/broken" })).toMatchObject({
      status: 500,
      body: { code: "E_LAB_INTERNAL", message: "a bug" },
    });
  });
});
