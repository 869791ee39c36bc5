import {
  type ArrayObject,
  type ArrayState,
  assertNever,
  type Controller,
  type ControllerId,
  type Host,
  isControllerId,
  type PathState,
} from "./model.ts";

/** The commands that a client may give the array. */
export type Command =
  | { readonly kind: "use_path"; readonly host: string; readonly controller: ControllerId }
  | { readonly kind: "connect_path"; readonly host: string; readonly controller: ControllerId }
  | { readonly kind: "disconnect_path"; readonly host: string; readonly controller: ControllerId }
  | { readonly kind: "set_owner"; readonly controller: ControllerId }
  | { readonly kind: "upgrade_firmware"; readonly controller: ControllerId; readonly version: string };

/** Name of a command. */
export type CommandKind = Command["kind"];

/** A request that changed nothing, and why. `code` is stable. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 500 | 507;
  readonly code: string;
  readonly message: string;
}

/** The object a command changes, before and after. */
export interface Change {
  readonly kind: "change";
  readonly before: ArrayObject;
  readonly after: ArrayObject;
}

/** A refusal as an outcome. */
export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
}

/** Builds a refusal. */
export function refuse(status: Refusal["status"], code: string, message: string): Refused {
  return { kind: "refused", refusal: { status, code, message } };
}

/** The object that a command would change, whose ETag its `If-Match` is compared with; null if there is none. */
export function findTarget(state: ArrayState, command: Command): ArrayObject | null {
  switch (command.kind) {
    case "use_path":
    case "connect_path":
    case "disconnect_path": {
      const host = state.hosts.find((candidate) => candidate.id === command.host);
      return host === undefined ? null : { kind: "host", value: host };
    }
    case "set_owner":
      return { kind: "owner", value: state.owner };
    case "upgrade_firmware":
      return { kind: "controller", value: state.controllers[command.controller] };
    default:
      return assertNever(command);
  }
}

/**
 * What a command changes. The array protects itself (a cable that is out, two upgrades at once) but not its hosts: like
 * a real one, it upgrades a controller that hosts are reading through, and they lose their data.
 */
export function decideCommand(state: ArrayState, command: Command): Change | Refused {
  switch (command.kind) {
    case "use_path":
      return changeHost(state, command.host, (host) => usePath(host, command.controller));
    case "connect_path":
      return changeHost(state, command.host, (host) => setPath(host, command.controller, "connected"));
    case "disconnect_path":
      return changeHost(state, command.host, (host) => setPath(host, command.controller, "disconnected"));
    case "set_owner":
      return setOwner(state, command.controller);
    case "upgrade_firmware":
      return upgradeFirmware(state, command.controller, command.version);
    default:
      return assertNever(command);
  }
}

function changeHost(state: ArrayState, id: string, change: (host: Host) => Host | Refused): Change | Refused {
  const host = state.hosts.find((candidate) => candidate.id === id);
  if (host === undefined) return refuse(404, "not_found", `there is no host \`${id}\``);
  const changed = change(host);
  if ("kind" in changed) return changed;
  return { kind: "change", before: { kind: "host", value: host }, after: { kind: "host", value: changed } };
}

function usePath(host: Host, controller: ControllerId): Host | Refused {
  if (host.paths[controller] !== "connected") {
    return refuse(
      409,
      "path_disconnected",
      `host \`${host.id}\` has no connected path to controller \`${controller}\``,
    );
  }
  return { ...host, pathInUse: controller };
}

function setPath(host: Host, controller: ControllerId, state: PathState): Host {
  return { ...host, paths: { ...host.paths, [controller]: state } };
}

function setOwner(state: ArrayState, controller: ControllerId): Change | Refused {
  const { state: condition } = state.controllers[controller];
  if (condition !== "online") {
    return refuse(
      409,
      "controller_not_online",
      `controller \`${controller}\` is ${condition}: it cannot take the volumes`,
    );
  }
  return {
    kind: "change",
    before: { kind: "owner", value: state.owner },
    after: { kind: "owner", value: { ...state.owner, controller } },
  };
}

function upgradeFirmware(state: ArrayState, id: ControllerId, version: string): Change | Refused {
  const controller = state.controllers[id];
  const peer = state.controllers[id === "a" ? "b" : "a"];
  if (!state.firmwareVersions.includes(version)) {
    return refuse(
      422,
      "unknown_version",
      `there is no firmware \`${version}\`: the array has ${state.firmwareVersions.join(", ")}`,
    );
  }
  if (controller.state === "upgrading")
    return refuse(409, "upgrade_in_progress", `controller \`${id}\` is upgrading already`);
  if (peer.state === "upgrading")
    return refuse(409, "peer_upgrading", `controller \`${peer.id}\` is upgrading: one at a time`);
  const upgrading: Controller = { ...controller, state: "upgrading", upgradingTo: version };
  return {
    kind: "change",
    before: { kind: "controller", value: controller },
    after: { kind: "controller", value: upgrading },
  };
}

/** The command that a write asks for. Its body has exactly the one or two strings that the command needs. */
export function parseCommand(kind: CommandKind, id: string, body: unknown): Command | Refused {
  const field = kind === "upgrade_firmware" ? "version" : "controller";
  const value = readOnlyField(body, field);
  if (value === null) return refuse(400, "bad_request", `the body must be {"${field}": "..."} and nothing else`);
  if (kind === "upgrade_firmware") {
    if (!isControllerId(id)) return refuse(404, "not_found", `there is no controller \`${id.slice(0, 64)}\``);
    return { kind, controller: id, version: value };
  }
  if (!isControllerId(value))
    return refuse(422, "unknown_controller", `there is no controller \`${value.slice(0, 64)}\``);
  return kind === "set_owner" ? { kind, controller: value } : { kind, host: id, controller: value };
}

function readOnlyField(body: unknown, field: string): string | null {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return null;
  const entries = Object.entries(body);
  const [first] = entries;
  if (entries.length !== 1 || first === undefined || first[0] !== field) return null;
  return typeof first[1] === "string" ? first[1] : null;
}
