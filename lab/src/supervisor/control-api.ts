import { FAULT_NAMES, type FaultName } from "../contract/faults.ts";
import { LabError } from "../lab-error.ts";
import { type ApiHandler, jsonReply, requireToken } from "./http.ts";

/** What the referee may do; served on a port of its own behind a token of its own. */
export interface ControlView {
  readonly controlToken: string;
  readonly injectFault: (fault: FaultName, seed: number) => Promise<{ readonly faultAtMs: number }>;
  readonly readEpisode: (policy: string) => unknown;
  readonly shutDown: () => void;
}

function parseFault(body: unknown): { readonly fault: FaultName; readonly seed: number } {
  const given: Partial<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  const fault = FAULT_NAMES.find((name) => name === given["fault"]);
  const seed = given["seed"];
  if (fault === undefined)
    throw new LabError("E_LAB_ARGUMENTS", "`fault` names no fault", `there are ${FAULT_NAMES.join(", ")}`);
  if (typeof seed !== "number" || !Number.isSafeInteger(seed))
    throw new LabError("E_LAB_ARGUMENTS", "`seed` must be a whole number", "for example 1");
  return { fault, seed };
}

/** Fault injection, ground truth and shutdown. */
export function createControlApi(view: ControlView): ApiHandler {
  return async (request) => {
    requireToken(request, view.controlToken);
    switch (`${request.method} ${request.path}`) {
      case "POST /v1/fault": {
        const { fault, seed } = parseFault(await request.readJson());
        return jsonReply(await view.injectFault(fault, seed));
      }
      case "GET /v1/episode": {
        const episode = view.readEpisode(request.query.get("policy") ?? "manual");
        if (episode === undefined)
          throw new LabError("E_LAB_REFUSED", "no fault has been injected", "run `npm run lab -- fault NAME` first");
        return jsonReply(episode);
      }
      case "POST /v1/shutdown":
        setTimeout(view.shutDown, 20);
        return jsonReply({ ending: true });
      default:
        throw new LabError(
          "E_LAB_NOT_FOUND",
          `no \`${request.method} ${request.path}\``,
          "this port is for the referee",
        );
    }
  };
}
