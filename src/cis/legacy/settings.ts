/** How the legacy interface is served. What no public source says is a choice of ours: `docs/legacy-interface.md`. */
export interface LegacySettings {
  /** Takes signatures over SHA-1 from cards as well; SHA-256 always. */
  sha1?: boolean;
  /** Signs role assertions; on unless told. */
  signAssertions?: boolean;
  /** Clients that are served beyond loopback: SHA-256 of their certificates in hexadecimal. None unless told. */
  clients?: readonly string[];
}
