// Who may call, and whom: what the SIP driver asks of the resources. The documents themselves are the API's.

/** A phone that may register. */
export type Extension = {
  readonly id: string;
  readonly customer_id: string;
  /** Its user name, unique within the customer. */
  readonly extension: string;
  /** H(username:realm:password) for each algorithm (RFC 7616 §3.4.2); the password itself is not kept. The realm is the customer's id. */
  readonly ha1: { readonly md5: string; readonly sha256: string };
};

/** A peer that brings calls of the public network and takes ours. */
export type Trunk = {
  readonly id: string;
  readonly customer_id: string;
  readonly name: string;
  /** Addresses and CIDRs that calls from it come from without a digest. */
  readonly allowed_addresses: readonly string[];
  /** Where calls to it go: `sip:host[:port][;transport=tcp]`; `''`: it only brings calls. */
  readonly uri: string;
  /** Our credentials there, for digest and, where `register`, for REGISTER. */
  readonly username: string;
  readonly password: string;
  readonly register: boolean;
  /** Prefixes of numbers that go out by it; none: no call goes out. */
  readonly prefixes: readonly string[];
};

/** The directory. Every answer is of one customer; `undefined` where there is none. */
export type Directory = {
  /** The customer that a SIP domain names: `<customer id>` or `<customer id>.<anything>`; any other host is the first customer's. */
  customerOf(host: string): Promise<string | undefined>;
  extension(customer_id: string, extension: string): Promise<Extension | undefined>;
  /** The trunk of a customer that a source address belongs to: two customers may have the same provider, so the domain that was called says whose call it is. */
  trunkByAddress(customer_id: string, address: string): Promise<Trunk | undefined>;
  /** The trunk of a customer whose peer shows these credentials to us: its calls come from an address that nobody knows beforehand. */
  trunkByUsername(customer_id: string, username: string): Promise<Trunk | undefined>;
  /** The trunk that takes a number: the longest prefix wins. */
  trunkFor(customer_id: string, number: string): Promise<Trunk | undefined>;
  /** Every trunk that registers with its peer. */
  registering(): Promise<readonly Trunk[]>;
};
