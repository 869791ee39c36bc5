import { createHash } from "node:crypto";

/** The two controllers of the array. */
export const controllerIds = ["a", "b"] as const;

/** Name of a controller. */
export type ControllerId = (typeof controllerIds)[number];

/** Whether a cable between a host and a controller carries data. */
export type PathState = "connected" | "disconnected";

/** `failed` is repaired by flashing a firmware again. */
export type ControllerState = "online" | "upgrading" | "failed";

/** How a firmware upgrade ends: on the new version, back on the old one, stuck, or not before somebody cancels it. */
export type UpgradeOutcome = "upgraded" | "reverted" | "failed" | "stalled";

/** One controller as its reader sees it. `upgradingTo` is null unless `state` is `upgrading`. */
export interface Controller {
  readonly array: string;
  readonly id: ControllerId;
  readonly state: ControllerState;
  readonly firmware: string;
  readonly upgradingTo: string | null;
}

/** One host. It uses one path and does not fail over by itself. */
export interface Host {
  readonly array: string;
  readonly id: string;
  readonly pathInUse: ControllerId;
  readonly paths: Readonly<Record<ControllerId, PathState>>;
}

/** Which controller owns the volumes (the active one). */
export interface Owner {
  readonly array: string;
  readonly controller: ControllerId;
}

/** An upgrade under way: when and how it ends. The array knows it and shows it to nobody. */
export interface PendingUpgrade {
  readonly controller: ControllerId;
  readonly endsAtMs: number;
  readonly outcome: UpgradeOutcome;
}

/** The whole array. No fact is in two objects, so a write to one object leaves the ETags of all others alone. */
export interface ArrayState {
  readonly array: string;
  readonly firmwareVersions: readonly string[];
  readonly owner: Owner;
  readonly controllers: Readonly<Record<ControllerId, Controller>>;
  readonly hosts: readonly Host[];
  readonly pending: PendingUpgrade | null;
}

/** One object of the array, tagged by its sort. */
export type ArrayObject =
  | { readonly kind: "controller"; readonly value: Controller }
  | { readonly kind: "host"; readonly value: Host }
  | { readonly kind: "owner"; readonly value: Owner };

/** What an array is built with. */
export interface ArrayShape {
  readonly array: string;
  readonly hostCount: number;
  readonly firmwareVersions: readonly string[];
}

/**
 * A new array: every path connected, every host on controller `a`, which owns the volumes, and both controllers on the
 * first firmware.
 */
export function createArrayState({ array, hostCount, firmwareVersions }: ArrayShape): ArrayState {
  const firmware = firmwareVersions[0];
  if (firmware === undefined) throw new Error("an array needs at least one firmware version");
  const controller = (id: ControllerId): Controller => ({ array, id, state: "online", firmware, upgradingTo: null });
  const host = (index: number): Host => ({
    array,
    id: `h${index + 1}`,
    pathInUse: "a",
    paths: { a: "connected", b: "connected" },
  });
  return {
    array,
    firmwareVersions,
    owner: { array, controller: "a" },
    controllers: { a: controller("a"), b: controller("b") },
    hosts: Array.from({ length: hostCount }, (_, index) => host(index)),
    pending: null,
  };
}

/** Replaces one object. An unknown host would be a defect, because commands are checked first. */
export function replaceObject(state: ArrayState, object: ArrayObject, pending: PendingUpgrade | null): ArrayState {
  switch (object.kind) {
    case "controller":
      return { ...state, pending, controllers: { ...state.controllers, [object.value.id]: object.value } };
    case "host":
      return {
        ...state,
        pending,
        hosts: state.hosts.map((host) => (host.id === object.value.id ? object.value : host)),
      };
    case "owner":
      return { ...state, pending, owner: object.value };
    default:
      return assertNever(object);
  }
}

/**
 * The answer to `GET /array`: only configuration and no measurements, so that its ETag stays the same while nothing is
 * changed.
 */
export function describeArray(state: ArrayState) {
  return {
    array: state.array,
    firmwareVersions: state.firmwareVersions,
    owner: state.owner,
    controllers: controllerIds.map((id) => state.controllers[id]),
    hosts: state.hosts,
  };
}

/** The full state as a reader gets it. */
export type ArraySnapshot = ReturnType<typeof describeArray>;

/**
 * Strong entity tag (RFC 9110, 8.8.3) of a representation. The same identity and configuration give the same tag, also
 * after an undo.
 */
export function entityTag(representation: unknown): string {
  return `"${createHash("sha256").update(JSON.stringify(representation)).digest("hex").slice(0, 32)}"`;
}

/** An object as it is sent. Its ETag is in it too, for readers that see only bodies. */
export type Tagged<T> = T & { readonly etag: string };

/** Adds its tag to an object. The tag covers everything except itself. */
export function tagObject<T extends object>(object: T): Tagged<T> {
  return { ...object, etag: entityTag(object) };
}

/** Why a host cannot read. */
export type UnavailableReason = "path_disconnected" | "controller_down" | "owner_down";

/**
 * Whether a read of this host gets data, and if not, why.
 *
 * Both controllers take reads; the passive one forwards them to the owner (asymmetric access), so a host may change
 * paths before or after the volumes change owner. A controller that is not online serves nothing, neither as path nor
 * as owner.
 */
export function readThroughPath(state: ArrayState, host: Host): "ok" | UnavailableReason {
  if (host.paths[host.pathInUse] !== "connected") return "path_disconnected";
  if (state.controllers[host.pathInUse].state !== "online") return "controller_down";
  if (state.controllers[state.owner.controller].state !== "online") return "owner_down";
  return "ok";
}

/** Whether a text names a controller. */
export function isControllerId(text: string): text is ControllerId {
  return controllerIds.some((id) => id === text);
}

/** Ends every `switch` over a tag. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
