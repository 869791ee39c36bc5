// Everything that a caller can hand to a method of the door, for every method that there is.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Answer, type Interlock, type InterlockPorts, openInterlock } from "../../src/interlock.ts";
import { approvedPlan, codeOf, doorSite, planRequest, valueOf } from "./door-site.fixture.ts";
import { goodArguments, type MethodName } from "./good-arguments.fixture.ts";

type Method = (...given: readonly unknown[]) => Answer<unknown>;

/** Every method of an open door, whatever its interface says. */
function methodsOf(site: Interlock): readonly (readonly [MethodName, Method])[] {
  // The door's own list of methods; `goodArguments` has each by the type of the interface.
  return Object.entries(site) as unknown as readonly (readonly [MethodName, Method])[];
}

/** A value with one part of it replaced. */
interface Variant {
  readonly what: string;
  readonly given: readonly unknown[];
}

type Step = string | number;

/** The ways to every part of a value: fields of objects and items of lists. */
function waysInto(value: unknown): readonly (readonly Step[])[] {
  if (!isTree(value)) return [[]];
  const children = Object.entries(value).flatMap(([name, child]) => waysInto(child).map((way) => [name, ...way]));
  return [[], ...children];
}

function isTree(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !(value instanceof AbortSignal)
  );
}

function at(value: unknown, way: readonly Step[]): unknown {
  return way.reduce<unknown>((inside, step) => Reflect.get(Object(inside), step), value);
}

function replaced(value: unknown, way: readonly Step[], put: (holder: object, name: string) => void): unknown {
  const [first, ...rest] = way;
  if (first === undefined || !isTree(value)) return value;
  const copy: object = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length === 0) put(copy, String(first));
  else Reflect.set(copy, first, replaced(Reflect.get(value, first), rest, put));
  return copy;
}

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;
const throwing = (): never => {
  throw new Error("s3cret");
};
const trap = {
  get: throwing,
  has: throwing,
  ownKeys: throwing,
  getOwnPropertyDescriptor: throwing,
  getPrototypeOf: throwing,
};
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** What no method takes anywhere. */
const nowhere: readonly (readonly [string, unknown])[] = [
  ["a BigInt", 5n],
  ["a symbol", Symbol("s3cret")],
  ["NaN", Number.NaN],
  ["half a surrogate pair", "\ud800"],
  ["a cycle", cycle],
  ["a hole", new Array<unknown>(1)],
  ["a Proxy that throws", new Proxy({}, trap)],
  ["a revoked Proxy", revoked()],
  ["a date", new Date(0)],
  ["a map", new Map()],
  ["what pretends to be bytes", Object.create(Uint8Array.prototype)],
  ["what pretends to be a signal", Object.create(AbortSignal.prototype)],
];

/** Arguments of a method, each with one thing wrong somewhere in it. */
function variantsOf(good: readonly unknown[]): readonly Variant[] {
  return good.flatMap((argument, index) =>
    waysInto(argument).flatMap((way): readonly Variant[] => {
      const whole = (changed: unknown): readonly unknown[] =>
        good.map((one, place) => (place === index ? changed : one));
      const named = `/${way.join("/")}`;
      const put = (value: unknown): readonly unknown[] =>
        whole(
          way.length === 0 ? value : replaced(argument, way, (holder, name) => void Reflect.set(holder, name, value)),
        );
      const wrong = nowhere.map(([what, value]) => ({ what: `${what} at ${named}`, given: put(value) }));
      if (way.length === 0) return wrong;
      const getter = whole(
        replaced(
          argument,
          way,
          (holder, name) =>
            void Object.defineProperty(holder, name, { get: throwing, enumerable: true, configurable: true }),
        ),
      );
      const long =
        typeof at(argument, way) === "string" ? [{ what: `2 MB at ${named}`, given: put("x".repeat(2e6)) }] : [];
      return [...wrong, { what: `a getter that throws at ${named}`, given: getter }, ...long];
    }),
  );
}

/** A view on a value that counts every look at it, at any depth. */
function watched<T>(value: T, look: () => void): T {
  if (!isTree(value)) return value;
  const count =
    (run: (...args: never[]) => unknown) =>
    (...args: readonly unknown[]) => {
      look();
      return Reflect.apply(run, undefined, args);
    };
  const handler = {
    get: (target: object, name: string | symbol) => {
      look();
      const inside: unknown = Reflect.get(target, name);
      return typeof name === "string" ? watched(inside, look) : inside;
    },
    has: count(Reflect.has),
    ownKeys: count(Reflect.ownKeys),
    getOwnPropertyDescriptor: count(Reflect.getOwnPropertyDescriptor),
    getPrototypeOf: count(Reflect.getPrototypeOf),
  };
  return new Proxy(value, handler) as T;
}

describe("every method of the door", () => {
  it("refuses whatever it cannot take with a code and a place, throws nothing, and changes nothing", async () => {
    const { folder, open } = await doorSite();
    const defects: unknown[] = [];
    const site = await open({ onDefect: (error) => defects.push(error) });
    const good = goodArguments(folder);
    const before = statSync(join(folder, ".interlock/log.sqlite"), { throwIfNoEntry: false })?.size;

    const wrong: string[] = [];
    for (const [name, method] of methodsOf(site))
      for (const { what, given } of variantsOf(good[name])) {
        const answer = await answered(() => method(...given));
        if (!/^E_USAGE \/?/.test(answer)) wrong.push(`${name} with ${what}: ${answer}`);
        if (answer.includes("s3cret")) wrong.push(`${name} with ${what} tells what was thrown`);
      }

    expect(wrong).toEqual([]);
    expect(defects).toEqual([]);
    expect(existsSync(join(folder, "new"))).toBe(false);
    expect(statSync(join(folder, ".interlock/log.sqlite"), { throwIfNoEntry: false })?.size).toBe(before);
  }, 60_000);

  it("looks at nothing of the caller's once it has returned its promise", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    const good = goodArguments(folder);

    const late: string[] = [];
    for (const [name, method] of methodsOf(site)) {
      if (name === "close") continue;
      let hasReturned = false;
      const seen: string[] = [];
      const given = good[name].map((argument: unknown) => watched(argument, () => hasReturned && seen.push(name)));
      const answer = method(...given);
      hasReturned = true;
      const settled = await answered(() => answer);
      if (seen.length > 0) late.push(`${name} looked ${seen.length} times`);
      if (settled.startsWith("E_USAGE /") || /threw|E_INTERNAL/.test(settled)) late.push(`${name}: ${settled}`);
    }

    expect(late).toEqual([]);
  }, 60_000);
});

async function answered(call: () => Answer<unknown>): Promise<string> {
  try {
    const given = await call();
    if (given.ok) return "ok";
    return given.error.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`).join("; ");
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

describe("a request", () => {
  it("that is changed after the call does what it said when it was made", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    await valueOf(site.trust());
    const request = { ...planRequest(folder), proposal: new Uint8Array(planRequest(folder).proposal) };

    const planning = site.plan(request);
    request.proposal.fill(0x20);
    const planned = await valueOf(planning);

    expect(planned.kind).toBe("planned");
    const freeze = { do: "freeze", scope: "config/app", reason: "first" };
    const freezing = site.operate(freeze as Parameters<typeof site.operate>[0]);
    Object.assign(freeze, { do: "unfreeze", reason: "second" });
    expect(await valueOf(freezing)).toMatchObject({ input: { kind: "freeze", reason: "first" } });
  });

  it("whose proposer is none is compiled for nobody", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    await valueOf(site.trust());
    const proposers: readonly unknown[] = [
      {},
      { kind: "zzz", id: "a", onBehalfOf: "b" },
      { kind: "file", id: 5, onBehalfOf: "b" },
      { kind: "file", id: "", onBehalfOf: "b" },
      { kind: "file", id: "a", onBehalfOf: "\u001b[2J" },
      { kind: "file", id: "a" },
      { kind: "file", id: "a", onBehalfOf: "b", extra: 1 },
    ];

    for (const proposer of proposers) {
      const given = await site.plan({ ...planRequest(folder), proposer } as unknown as Parameters<typeof site.plan>[0]);
      expect(given.ok ? [] : given.error.map(({ code }) => code)).toContain("E_USAGE");
    }
  });
});

describe("an actor", () => {
  it("is copied when the site is opened", async () => {
    const { open } = await doorSite();
    const actor = { kind: "agent", id: "bot", keyId: null } as { kind: "agent" | "person"; id: string; keyId: null };
    const site = await open({}, actor);
    const freeze = { do: "freeze", scope: "*", reason: "" } as const;

    actor.kind = "person";

    expect(await codeOf(() => site.operate(freeze))).toBe("E_NOT_PERMITTED");
  });

  it("that nobody could be is refused when the site is opened", async () => {
    const { address } = await doorSite();
    const person = { kind: "person", id: "paula", keyId: null };
    const actors: readonly unknown[] = [
      {},
      "paula",
      [person],
      { ...person, kind: ["person"] },
      { ...person, kind: "constructor" },
      { ...person, id: 1001 },
      { ...person, id: "" },
      { ...person, id: " " },
      { ...person, id: "\ud800" },
      { ...person, id: "a\u001b[31m" },
      { ...person, id: "x".repeat(10_000) },
      { ...person, keyId: "zz" },
      { ...person, keyId: undefined },
      { ...person, role: "admin" },
      {
        kind: "person",
        id: "paula",
        get keyId(): never {
          throw new Error("no");
        },
      },
      new Proxy(person, trap),
      revoked(),
      cycle,
    ];

    const answers = await Promise.all(
      actors.map((actor) =>
        answered(() => openInterlock({ ...address, actor } as Parameters<typeof openInterlock>[0])),
      ),
    );

    expect(answers.filter((answer) => !/^E_USAGE \/actor/.test(answer))).toEqual([]);
  });
});

describe("an address", () => {
  it("that has another shape is refused with a place, and throws nothing", async () => {
    const { address } = await doorSite();
    const wrong: readonly (readonly [unknown, string])[] = [
      [new Proxy({}, trap), ""],
      [revoked(), ""],
      [{ ...address, identity: "x" }, "/identity"],
      [{ ...address, store: "a\0b" }, "/store"],
      [{ ...address, config: "a\0b" }, "/config"],
      [{ ...address, environment: { HOME: 5 } }, "/environment/HOME"],
      [{ ...address, environment: [] }, "/environment"],
    ];

    for (const [given, pointer] of wrong)
      expect(await answered(() => openInterlock(given as typeof address)), String(pointer)).toMatch(
        `E_USAGE ${pointer} `,
      );
  });
});

describe("a configuration", () => {
  it("that is a folder, or below a file, is refused when the site is opened", async () => {
    const { address, folder } = await doorSite();

    for (const config of [folder, join(folder, "interlock.yaml/below")])
      expect(await codeOf(() => openInterlock({ ...address, config }))).toBe("E_INPUT_MISSING");
  });
});

describe("ports", () => {
  it("that lack a method, or are misspelt, are refused when the site is opened", async () => {
    const { address } = await doorSite();
    const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined };
    const wrong: readonly (readonly [unknown, string])[] = [
      [null, ""],
      [revoked(), ""],
      [{ authoriser: { authorize: () => undefined } }, "/authoriser"],
      [{ authorizer: {} }, "/authorizer/authorize"],
      [{ clock: {} }, "/clock/nowMs"],
      [{ clock: { ...clock, sleep: 5 } }, "/clock/sleep"],
      [{ connectors: {} }, "/connectors"],
      [{ connectors: Object.create(Map.prototype) }, "/connectors"],
      [{ connectors: new Map([["file", {}]]) }, "/connectors/file/name"],
      [{ connectors: new Map([[5, {}]]) }, "/connectors"],
      [{ resolveSecret: "x" }, "/resolveSecret"],
      [{ notifiers: {} }, "/notifiers"],
      [{ notifiers: [null] }, "/notifiers/0"],
      [{ notifiers: [{ name: "pager" }] }, "/notifiers/0/notify"],
      [{ onDefect: "x" }, "/onDefect"],
      [{ journal: {} }, "/journal"],
    ];

    for (const [ports, pointer] of wrong)
      expect(await answered(() => openInterlock(address, ports as InterlockPorts)), pointer).toMatch(
        `E_USAGE ${pointer} `,
      );
    const misspelt = await openInterlock(address, { authoriser: {} } as unknown as InterlockPorts);
    expect(misspelt).toMatchObject({ error: [{ hint: "did you mean `authorizer`?" }] });
  });

  it("that are objects of a class keep what belongs to them", async () => {
    const { open } = await doorSite();
    class Rules {
      readonly #asked: string[] = [];
      authorize({ capability }: { readonly capability: string }) {
        this.#asked.push(capability);
        return { kind: "permit", policies: null, reason: `asked ${this.#asked.length} times` } as const;
      }
    }
    const site = await open({ authorizer: new Rules() });

    expect(await codeOf(() => site.trust())).toBe("ok");
  });

  it("whose listener for defects throws change nothing", async () => {
    const { folder, open } = await doorSite();
    const site = await open({
      onDefect: () => {
        throw new Error("not you too");
      },
    });

    const given = await codeOf(() =>
      site.plan({
        ...planRequest(folder),
        proposal: () => {
          throw new Error("broken");
        },
      }),
    );

    expect(given).toBe("E_INTERNAL");
  });
});

describe("a callback", () => {
  const answers: readonly unknown[] = [undefined, null, 5, {}, { ok: true }, { ok: true, value: 5 }, { ok: false }, []];

  it("that answers with something else is told so, whatever it was asked for", async () => {
    const { folder, open } = await doorSite();
    const site = await open();
    const plan = await approvedPlan(site, folder);
    // Every one of these is called with what it does not promise.
    const calls: Readonly<Record<string, (answer: never) => Answer<unknown>>> = {
      source: (answer) => site.plan({ ...planRequest(folder), proposal: async () => answer }),
      key: (answer) => site.importIdentity({ name: "k", person: "p", publicKey: async () => answer, attended: true }),
      passphrase: (answer) => site.createIdentity({ name: "k", person: "p", choosePassphrase: async () => answer }),
      review: (answer) => site.approve({ plan, typedTargets: [], validForMs: null }, { review: async () => answer }),
      interview: (answer) =>
        site.elicit(
          { situation: null },
          { text: async () => answer, choose: async () => answer, tell: () => undefined },
        ),
    };

    const wrong: string[] = [];
    for (const [name, call] of Object.entries(calls))
      for (const answer of answers) {
        const code = await codeOf(() => call(answer as never));
        const mayLeave = name === "interview" && answer === null;
        if (code !== (mayLeave ? "ok" : "E_USAGE")) wrong.push(`${name} ${JSON.stringify(answer)}: ${code}`);
      }

    expect(wrong).toEqual([]);
  });

  it("that is only told something may throw, and the call goes on", async () => {
    const { folder, open } = await doorSite();
    const defects: unknown[] = [];
    const site = await open({ onDefect: (error) => defects.push(error) });
    await approvedPlan(site, folder);

    const verified = await codeOf(() =>
      site.verify({
        archive: null,
        onProgress: () => {
          throw new Error("a broken progress bar");
        },
      }),
    );

    expect(verified).toBe("ok");
    expect(existsSync(join(folder, ".interlock/log.sqlite"))).toBe(true);
    expect(readFileSync(join(folder, "conf/app.json"), "utf8")).toContain('"info"');
  });
});
