import assert from "node:assert/strict";
import { type Claim, soon } from "../contract.ts";
import { bindingKinds } from "../core/domain/template.ts";
import type { Reply } from "../core/run/words/input.ts";
import { codes, type Problem } from "../core/value/codes.ts";
import type { JsonObject, JsonValue } from "../core/value/json-value.ts";
import { createRng } from "../core/value/rng.ts";
import { readReply } from "../ports/guard-connector.ts";
import type { Connector, ConnectorOperation } from "../ports.ts";
import { mangle, randomJson } from "./mangle-json.ts";

/** What the contract needs to know of a connector: calls that work, and a way to make its outside misbehave. */
export interface ConnectorArrangement {
  readonly connector: Connector;
  /** Makes an outside of its own for one claim. */
  open(): Promise<ConnectorOutside>;
  /** For each operation a template that works, every binding resolved. Each is called in a new outside. */
  readonly templates: Readonly<Record<string, JsonValue>>;
  /** A template of this operation with the binding left where an argument may stand. */
  withBinding(operation: string, binding: JsonObject): JsonValue;
  /** A call whose target fails after it was reached; `null` where that cannot be. */
  readonly failing: ContractCall | null;
  /** A call whose target does not answer; `null` where that cannot be. */
  readonly hanging: ContractCall | null;
  /** A call whose target answers with more than 1,000 bytes; `null` where no answer can be that long. */
  readonly verbose: ContractCall | null;
  /** A secret that the settings hold; `null` where this connector needs none. */
  readonly secret: string | null;
}

/** What a connector leads to, as a test has it. */
export interface ConnectorOutside {
  /** Settings that lead here, every secret resolved. */
  readonly settings: JsonObject;
  /** Everything that a call could change. Equal texts mean that nothing was changed. */
  state(): Promise<string>;
  /** How often it was called by now, whatever came of it; `null` where it cannot tell. */
  readonly callCount: (() => number) | null;
  close(): Promise<void>;
}

/** One call. */
export interface ContractCall {
  readonly operation: string;
  readonly access: "read" | "write";
  readonly with: JsonValue;
}

const seed = 20_260_101;
const mangledCount = 60;
const timeoutMs = 10_000;
const stopWithinMs = 5_000;
const outputBytesMax = 100_000;

/** The claims that every connector must keep, whatever it connects to. Each opens an outside of its own. */
export function connectorContract(arrangement: ConnectorArrangement): readonly Claim[] {
  return [
    ...declarationClaims(arrangement),
    ...callClaims(arrangement),
    ...readClaims(arrangement),
    ...outsideClaims(arrangement),
  ];
}

function declarationClaims({ connector, open, templates }: ConnectorArrangement): readonly Claim[] {
  return [
    {
      claim: "it and each of its operations have a name, and no two operations the same",
      check: async () => {
        const names = connector.operations.map(({ name }) => name);
        for (const name of [connector.name, ...names]) assert.match(name, /^[a-z][a-z0-9_.-]*$/);
        assert.equal(new Set(names).size, names.length);
        assert.deepEqual(Object.keys(templates).sort(), [...names].sort(), "there is a template for each operation");
      },
    },
    {
      claim: "it finds nothing wrong with a template that works",
      check: async () => {
        for (const operation of connector.operations)
          assert.deepEqual(operation.checkTemplate(templateOf(templates, operation), accessOf(operation), "/here"), []);
      },
    },
    {
      claim: "it checks any template and any settings without throwing, and places each problem where it was found",
      check: () =>
        inOutside(open, async ({ settings }) => {
          const rng = createRng(seed);
          for (const operation of connector.operations)
            for (let count = 0; count < 4 * mangledCount; count += 1) {
              const template = count % 4 === 0 ? randomJson(rng) : mangle(rng, templateOf(templates, operation));
              const given = count % 4 === 0 ? randomJson(rng) : mangle(rng, settings);
              const problems = [
                ...operation.checkTemplate(template, accessOf(operation), "/here"),
                ...connector.checkSettings(given, "/here"),
              ];
              for (const found of problems) {
                checkProblem(found);
                assert.match(found.pointer, /^\/here(?:\/|$)/);
              }
            }
        }),
    },
  ];
}

function callClaims(arrangement: ConnectorArrangement): readonly Claim[] {
  const { connector, open, templates, secret } = arrangement;
  return [
    {
      claim: "a call that works is acknowledged, with a plain output and its size",
      check: async () => {
        for (const operation of connector.operations)
          await inOutside(open, async ({ settings }) => {
            const reply = await perform(connector, settings, {
              operation: operation.name,
              access: accessOf(operation),
              with: templateOf(templates, operation),
            });
            assert.equal(reply.kind, "applied", `\`${operation.name}\`: ${describe(reply)}`);
          });
      },
    },
    {
      claim: "it answers every call with a reply, and never throws",
      check: () =>
        inOutside(open, async ({ settings }) => {
          const rng = createRng(seed);
          for (const operation of connector.operations)
            for (let count = 0; count < mangledCount; count += 1) {
              const isWild = count % 4 === 0;
              const template = isWild ? randomJson(rng) : mangle(rng, templateOf(templates, operation));
              const given = isWild ? randomJson(rng) : count % 4 === 1 ? mangle(rng, settings) : settings;
              const reply = await perform(connector, given, {
                operation: operation.name,
                access: accessOf(operation),
                with: template,
              });
              if (secret !== null) assert.ok(!JSON.stringify(reply).includes(secret), "no reply tells the secret");
            }
        }),
    },
    {
      claim: "an operation that it does not have is not sent",
      check: () =>
        inOutside(open, async ({ settings, callCount }) => {
          for (const operation of ["", "other", "constructor", "__proto__"])
            await checkNotSent(connector, settings, { operation, access: "write", with: {} });
          assert.ok(callCount === null || callCount() === 0, "the outside was not called");
        }),
    },
    {
      claim: "a template with a binding left over is not sent",
      check: () =>
        inOutside(open, async ({ settings, callCount }) => {
          for (const operation of connector.operations)
            for (const kind of bindingKinds) {
              const binding = { [kind]: kind === "$fence" || kind === "$key" ? true : "x" };
              const template = arrangement.withBinding(operation.name, binding);
              const call = { operation: operation.name, access: accessOf(operation), with: template };
              await checkNotSent(connector, settings, call);
            }
          assert.ok(callCount === null || callCount() === 0, "the outside was not called");
        }),
    },
  ];
}

function readClaims({ connector, open, templates }: ConnectorArrangement): readonly Claim[] {
  return [
    {
      claim: "under read access an operation that cannot enforce it is not sent",
      check: () =>
        inOutside(open, async ({ settings, callCount }) => {
          for (const operation of connector.operations)
            if (!operation.enforcesRead)
              await checkNotSent(connector, settings, {
                operation: operation.name,
                access: "read",
                with: templateOf(templates, operation),
              });
          assert.ok(callCount === null || callCount() === 0, "the outside was not called");
        }),
    },
    {
      claim: "under read access nothing is changed, whatever operation and template are given (I13)",
      check: () =>
        inOutside(open, async ({ settings, state }) => {
          const rng = createRng(seed);
          const before = await state();
          for (const { name } of [...connector.operations, { name: "other" }])
            for (const template of Object.values(templates))
              for (let count = 0; count < mangledCount / 4; count += 1) {
                const given = count === 0 ? template : mangle(rng, template);
                await perform(connector, settings, { operation: name, access: "read", with: given });
              }
          assert.equal(await state(), before);
        }),
    },
  ];
}

function outsideClaims({ connector, open, templates, ...arrangement }: ConnectorArrangement): readonly Claim[] {
  const { failing, hanging, verbose } = arrangement;
  const interrupted: Claim = {
    claim: "a call that was interrupted beforehand changes nothing",
    check: async () => {
      for (const operation of connector.operations)
        await inOutside(open, async ({ settings, state }) => {
          const before = await state();
          const call = {
            operation: operation.name,
            access: accessOf(operation),
            with: templateOf(templates, operation),
          };
          await perform(connector, settings, call, { signal: AbortSignal.abort() });
          assert.equal(await state(), before);
        });
    },
  };
  return [
    interrupted,
    ...(failing === null ? [] : [failingClaim(connector, open, failing)]),
    ...(verbose === null ? [] : [verboseClaim(connector, open, verbose)]),
    ...(hanging === null ? [] : hangingClaims(connector, open, hanging)),
  ];
}

type Open = ConnectorArrangement["open"];

function failingClaim(connector: Connector, open: Open, failing: ContractCall): Claim {
  return {
    claim: "a target that fails is called once, and the reply does not say that it was done or never sent",
    check: () =>
      inOutside(open, async ({ settings, callCount }) => {
        const { kind } = await perform(connector, settings, failing);
        assert.ok(kind === "rejected" || kind === "unknown", `it is \`${kind}\``);
        assert.ok(callCount === null || callCount() === 1, "the outside was called once");
      }),
  };
}

function verboseClaim(connector: Connector, open: Open, verbose: ContractCall): Claim {
  return {
    claim: "an answer that is larger than asked for is not taken",
    check: () =>
      inOutside(open, async ({ settings }) => {
        assert.equal((await perform(connector, settings, verbose)).kind, "applied", "it is taken where it may be");
        assert.notEqual((await perform(connector, settings, verbose, { outputBytesMax: 100 })).kind, "applied");
      }),
  };
}

function hangingClaims(connector: Connector, open: Open, hanging: ContractCall): readonly Claim[] {
  const check = (stop: (limits: { timeoutMs: number; signal: AbortSignal }) => void): Claim["check"] => {
    return () =>
      inOutside(open, async ({ settings }) => {
        const given = { timeoutMs, signal: new AbortController().signal };
        stop(given);
        const { kind } = await soon(perform(connector, settings, hanging, given), stopWithinMs);
        assert.ok(kind === "unknown" || kind === "not_sent", `it is \`${kind}\``);
      });
  };
  return [
    {
      claim: "it stops soon after the signal aborts, and leaves open what became of the call",
      check: check((limits) => {
        limits.signal = AbortSignal.timeout(200);
      }),
    },
    {
      claim: "it stops soon after its time is over, and leaves open what became of the call",
      check: check((limits) => {
        limits.timeoutMs = 200;
      }),
    },
  ];
}

async function inOutside(open: Open, use: (outside: ConnectorOutside) => Promise<void>): Promise<void> {
  const outside = await open();
  try {
    await use(outside);
  } finally {
    await outside.close();
  }
}

/**
 * Makes one call and checks what every reply must be. The request is frozen, so that a connector that changes it
 * throws.
 */
async function perform(
  connector: Connector,
  settings: JsonValue,
  call: ContractCall,
  limits: { readonly timeoutMs?: number; readonly outputBytesMax?: number; readonly signal?: AbortSignal } = {},
): Promise<Reply> {
  const { signal } = new AbortController();
  const given = freeze({ settings, ...call });
  const request = { timeoutMs, outputBytesMax, signal, ...limits, ...given };
  const answered: unknown = await connector.perform(request);
  const reply = readReply(answered, request.outputBytesMax);
  if (!reply.ok) throw new assert.AssertionError({ message: `the reply to \`${call.operation}\` ${reply.error}` });
  if (reply.value.kind !== "applied") checkProblem(reply.value.problem);
  else assert.ok(reply.value.outputBytes <= request.outputBytesMax, "an output is at most as large as asked for");
  return reply.value;
}

async function checkNotSent(connector: Connector, settings: JsonValue, call: ContractCall): Promise<void> {
  const reply = await perform(connector, settings, call);
  assert.equal(reply.kind, "not_sent", `\`${call.operation}\`: ${describe(reply)}`);
}

function checkProblem({ code, message }: Problem): void {
  assert.ok(Object.hasOwn(codes, code), `\`${code}\` is a code of ours`);
  assert.match(message, /^[^\n]+$/);
}

function describe(reply: Reply): string {
  return reply.kind === "applied" ? "applied" : `${reply.kind}: ${reply.problem.message}`;
}

/** How an operation is called where nothing else is said. */
function accessOf(operation: ConnectorOperation): "read" | "write" {
  return operation.enforcesRead ? "read" : "write";
}

function templateOf(templates: Readonly<Record<string, JsonValue>>, { name }: ConnectorOperation): JsonValue {
  const template = templates[name];
  assert.ok(template !== undefined, `the arrangement has a template for \`${name}\``);
  return template;
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) freeze(child);
    Object.freeze(value);
  }
  return value;
}
