/** A client as a server knows it. It signs its assertions with the key of the benchmark, RS512 with RSA-4096. */
export interface Client {
  readonly clientId: string;
  /** The one audience that its assertions must have. */
  readonly audience: string;
  readonly tokenEndpoint: string;
  readonly scope: string;
  /** What its client credentials request has besides. */
  readonly more?: Readonly<Record<string, string>>;
}

/** A server that is measured, with a person signed in at it. */
export interface Target {
  readonly name: string;
  /** Of the process whose time counts. */
  readonly pid: number;
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
  readonly discovery: string;
  readonly jwks: string;
  stop(): Promise<void>;
}

/** Where the browser is sent back to; nobody listens there. */
export const redirectUri = 'https://client.example.test/callback';
