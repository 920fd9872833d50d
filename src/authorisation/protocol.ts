// What the authorisation service and the console agree on. The only file of this folder that others may import.

/** Addresses below the origin of the API platform, for the console with the service secret. */
export const paths = {
  /** `POST` a `MintRequest`; answered like the token endpoint. Development only. */
  tokens: '/authorisation/tokens',
  /** `POST` a `ValidateRequest`: what is wrong with it, without using anything up. */
  validate: '/authorisation/validate',
} as const;

/** A token as a sign-in of this person at this application would give it. */
export interface MintRequest {
  /** Uid. */
  person: string;
  /** Id of the application. */
  application: string;
  /** Base path, `/oauth2` say; by default the first of the application's profile. */
  base?: string;
}

/** What a supplier pasted, exactly one of the first three. */
export interface ValidateRequest {
  /** A client assertion. */
  assertion?: string;
  /** The address of an authorization request. */
  url?: string;
  /** The body of a token request, as a form is sent. */
  form?: string;
  /** Base path, `/oauth2` say; by default that of the address, else of the client's profile. */
  base?: string;
}

/** One thing that was looked at. */
export interface ValidationCheck {
  check: string;
  ok: boolean;
  expected: string;
  received: string;
}

/** What the same request would meet now. */
export interface ValidationAnswer {
  base: string;
  ok: boolean;
  /** In the order in which the service looks. It goes on after a failure where it can. */
  checks: ValidationCheck[];
  /** How the service would refuse: the first failure; null when it would not. */
  answer: { status: number; error: string; error_description: string } | null;
}
