/** A registered client. It signs its assertions with the key of the benchmark, RS512 with RSA-4096. */
export interface Client {
  readonly clientId: string;
  /** The required audience of its assertions. */
  readonly audience: string;
  readonly tokenEndpoint: string;
  readonly scope: string;
  /** Additional parameters of its client credentials request. */
  readonly more?: Readonly<Record<string, string>>;
}

/** The clients of the benchmark at a server, with a signed-in user, and its addresses. */
export interface Clients {
  /** Client credentials with an opaque access token. */
  readonly opaque: Client;
  /** Client credentials with a JWT access token by RS512. */
  readonly jwt: Client;
  /** Authorization code with PKCE, RS256 ID token and userinfo; `cookie` is the signed-in browser's. */
  readonly party: Client & {
    readonly authorizeEndpoint: string;
    readonly userinfoEndpoint: string;
    readonly redirectUri: string;
    readonly cookie: string;
  };
  /** Same as `party`, with a client secret in the body and without ID token; ours is the workstation's `combined`. */
  readonly secretParty?: Clients['party'] & { readonly clientSecret: string };
  /** Exchanges the user's ID token for an access token (RFC 8693), with an assertion of the client. */
  readonly exchange: Clients['party'] & {
    /** Endpoint and audience of the exchange, which may be another server than the issuer of the ID token. */
    readonly at: Client;
  };
  readonly discovery: string;
  readonly jwks: string;
  /** A user at a workstation with the Identity Agent; only Alongside has one. */
  readonly workstation?: {
    /** A client of CIS2 that signs in by smartcard. */
    readonly party: Clients['party'];
    /** A client of the API platform with a secret, for the combined pattern. */
    readonly combined: Client & { readonly clientSecret: string; readonly authorizeEndpoint: string };
    readonly hello: string;
    readonly patient: string;
  };
}

/** A server under measurement. */
export interface Target extends Clients {
  readonly name: string;
  /** Of the measured process. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** The redirect URI, without a server. */
export const redirectUri = 'https://client.example.test/callback';
