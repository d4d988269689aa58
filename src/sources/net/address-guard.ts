import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { isAddress, isLocalAddress } from "./addresses.ts";

/** Looks up every address of a name; `node:dns` by default. */
export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What a name or a literal leads to belongs to this machine, to its link or to its cloud. */
export class LocalAddressError extends Error {
  override readonly name = "LocalAddressError";
  readonly address: string;

  constructor(address: string) {
    super(`${address} is a loopback, link-local or cloud metadata address`);
    this.address = address;
  }
}

export interface AddressOptions {
  readonly allowLocalAddresses: boolean;
  readonly lookup?: Lookup | undefined;
}

/** @throws {LocalAddressError} `host`, perhaps in brackets, is an address, which is connected to without a lookup. */
export const refuseLocalLiteral = (host: string, { allowLocalAddresses }: AddressOptions): void => {
  const literal = host.replace(/^\[(.*)\]$/, "$1");
  if (!allowLocalAddresses && isAddress(literal) && isLocalAddress(literal)) throw new LocalAddressError(literal);
};

/**
 * For `net.connect`: resolves a name and gives back only what may be connected to. So the very address is judged that is connected to, and a name
 * cannot lead to one when it is checked and to another when it is used.
 */
export const guardedLookup =
  ({ allowLocalAddresses, lookup = systemLookup }: AddressOptions): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const allowed = error === null ? found.filter(({ address }) => allowLocalAddresses || !isLocalAddress(address)) : [];
      const [first] = allowed;
      if (first === undefined) callback(error ?? refusalOf(found), "", 0);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });

const refusalOf = ([first]: readonly LookupAddress[]): Error =>
  first === undefined ? Object.assign(new Error("no address"), { code: "ENOTFOUND" }) : new LocalAddressError(first.address);
