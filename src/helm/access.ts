import type { Environment } from "../base/process/environment.ts";
import type { ServiceAccount } from "../runtime/account.ts";
import type { Refuse, ReleaseRef } from "./driver.ts";

/** What one run of helm may ask the API server for. */
export interface HelmClient {
  readonly release: ReleaseRef;
  /** With whose rights; undefined: the operator's own. */
  readonly account: ServiceAccount | undefined;
  readonly refuse: Refuse;
  /** It creates the namespace of its release. */
  readonly createsNamespace: boolean;
}

/** The way of one helm process to the API server. */
export interface HelmAccess {
  /** Variables that lead there, and nowhere once it is closed. */
  readonly env: Environment;
  /** Why a request was refused, the first one; undefined: none was. */
  readonly refusal: () => string | undefined;
  /** Names the API server where helm's words name the way to it. */
  readonly reworded: (text: string) => string;
  readonly close: () => void;
}

export type OpenHelmAccess = (client: HelmClient) => HelmAccess;
