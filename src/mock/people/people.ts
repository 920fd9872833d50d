/** A user who signed in at the mock. */
export interface MockPerson {
  sub: string;
  /** Claims of the ID token about the person and the level, in addition to those of the protocol. */
  idToken: Record<string, unknown>;
  /** Complete, with `sub`. */
  userinfo: Record<string, unknown>;
}

/** The users of one kind of realm. */
export interface People {
  /** Start of the names of its realms. */
  readonly prefix: string;
  /** Name of the service, in the header of its page. */
  readonly service: string;
  /** Accepted user ids, as text. */
  readonly hint: string;
  /** Returns the user with this id; undefined if unknown. */
  find(username: string, issuer: string): Promise<MockPerson | undefined>;
}
