// The nouns of SIP (RFC 3261) that the layers of this folder share: messages, where they come from, transactions.

/** A message's headers in order; names in their canonical spelling (`Call-ID`, `Via`), compact forms expanded (§7.3.3), lists of Via, Route, Record-Route and Contact one value an entry. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A request (§7.1). */
export type SipRequest = { readonly kind: 'request'; readonly method: string; readonly uri: string; readonly headers: HeaderList; readonly body: Buffer };
/** A response (§7.2). */
export type SipResponse = { readonly kind: 'response'; readonly status: number; readonly phrase: string; readonly headers: HeaderList; readonly body: Buffer };
/** Either. */
export type SipMessage = SipRequest | SipResponse;

/** A SIP or TEL URI, parsed (§19.1, RFC 3966). */
export type SipUri = {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** Unescaped, of a tel URI the number. */
  readonly user: string;
  readonly password?: string;
  /** In lower case, an IPv6 address in brackets; `''` of a tel URI. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names in lower case; `''` for one without a value. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What stands behind `?`, as written. */
  readonly headers?: string;
};
/** A name-addr or addr-spec with its parameters: To, From, Contact, Route (§20.10). */
export type NameAddress = { readonly display: string; readonly uri: SipUri; readonly parameters: Readonly<Record<string, string>> };

/** The protocols a message travels by (§18, RFC 7118). */
export type TransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
/** Whom a message comes from or goes to. `flow` names a connection that is open: replies and requests to a registered phone go back on it. `name` is whom TLS has to prove the far end to be; without it, the address. */
export type Hop = { readonly transport: TransportName; readonly address: string; readonly port: number; readonly flow?: string; readonly name?: string };

/** A request that came in, and the way to answer it (§17.2). Responses are retransmitted and absorbed as the method and transport demand. */
export type ServerTransaction = {
  readonly request: SipRequest;
  readonly source: Hop;
  /** Sends a response; a second final one is not sent. Of an INVITE's 2xx the retransmission is the UA's (§13.3.1.4, RFC 6026). */
  respond(response: SipResponse): void;
  /** Sends a 2xx of an INVITE once more, where it is not acknowledged yet. */
  repeat(response: SipResponse): void;
};

/** What becomes of a request that was sent (§17.1). */
export type ClientHandlers = {
  /** Every provisional response, and the final one; of an INVITE every 2xx, retransmitted ones too: each wants its ACK (§13.2.2.4, RFC 6026). */
  onResponse(response: SipResponse, source: Hop): void;
  /** No final response in time (timer B or F), or the transport failed: as a 408 or 503 of one's own (§8.1.3.1). */
  onFailure(status: 408 | 503, detail: string): void;
};

/** A request that is under way. */
export type ClientTransaction = {
  readonly request: SipRequest;
  readonly hop: Hop;
  /**
   * Sends CANCEL once a provisional response has come (§9.1), with this `Reason` (RFC 3326); nothing where a final one has. Without a final response
   * within 64*T1, `onFailure(408)`.
   */
  cancel(reason?: string): void;
};

/** What hears of requests: the UA. */
export type TransactionUser = {
  /** A request that matches no transaction, ACK of a 2xx and CANCEL excepted. */
  onRequest(transaction: ServerTransaction): void;
  /** An ACK of a 2xx: it belongs to a dialog, not to a transaction. */
  onAck(request: SipRequest, source: Hop): void;
  /** A CANCEL of a pending INVITE; the CANCEL itself is answered already (§9.2). */
  onCancel(invite: ServerTransaction): void;
};

/** Transports and transactions: everything under the UA. */
export type Transactions = {
  setUser(user: TransactionUser): void;
  start(): Promise<void>;
  /** Sends a request with a Via of our own on top (branch and sent-by are made here), and keeps retransmitting as timers A to K say. */
  request(request: SipRequest, hop: Hop, handlers: ClientHandlers): ClientTransaction;
  /** Sends an ACK of a 2xx, with a Via of our own (§13.2.2.4). */
  ack(request: SipRequest, hop: Hop): void;
  /** Where a hop would reach us: what Contact and Record-Route say. */
  contact(transport: TransportName): { readonly address: string; readonly port: number };
  /** The ports that are bound. */
  readonly bound: () => readonly { readonly transport: TransportName; readonly address: string; readonly port: number }[];
  /** Counts for metrics. */
  readonly stats: { requests: number; responses: number; retransmissions: number; bad: number; dropped: number };
  close(): Promise<void>;
};
