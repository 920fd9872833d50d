/** Somebody who signed in at the mock. */
export interface MockPerson {
  sub: string;
  /** What the ID token says of the person and the level, beside the protocol's own claims. */
  idToken: Record<string, unknown>;
  /** Complete, with `sub`. */
  userinfo: Record<string, unknown>;
}

/** Who can sign in at a kind of realm: one file each, listed in the registry. */
export interface People {
  /** What the names of its realms begin with. */
  readonly prefix: string;
  /** Name of the service that the realm stands for, in the header of its page. */
  readonly service: string;
  /** What to type, in words. */
  readonly hint: string;
  /** The person behind a user id; undefined when nobody can sign in with it. */
  find(username: string, issuer: string): Promise<MockPerson | undefined>;
}
