import { bad, unknown } from './kinds.ts';

/** Refusals of a subject token and of the actor token in it. */
export const subjectErrors = {
  subjectType: {
    ...bad,
    description:
      "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
    fix: 'Set subject_token_type to urn:ietf:params:oauth:token-type:id_token.',
  },
  subjectMissing: {
    ...bad,
    description: 'Missing subject_token',
    fix: 'Add subject_token with the ID token of the provider.',
  },
  subjectMalformed: {
    ...bad,
    description: 'Malformed JWT in subject_token',
    fix: 'Send subject_token as a compact JWS: three base64url parts, separated by dots.',
  },
  subjectKidMissing: {
    ...bad,
    description: "Missing 'kid' header in subject_token JWT",
    fix: 'Send the ID token of the provider unchanged; its header kid is missing.',
  },
  subjectTyp: {
    ...bad,
    description: "Invalid 'typ' header in subject_token JWT - must be 'JWT'",
    fix: 'Send the ID token of the provider unchanged; its header typ must be JWT.',
  },
  subjectAlgMissing: {
    ...bad,
    description: "Missing 'alg' header in subject_token JWT",
    fix: 'Send the ID token of the provider unchanged; its header alg is missing.',
  },
  subjectExpMissing: {
    ...bad,
    description: "Missing 'exp' claim in subject_token JWT",
    fix: 'Send the ID token of the provider unchanged; its claim exp is missing.',
  },
  subjectExpInvalid: {
    ...bad,
    description: "Invalid 'exp' claim in subject_token JWT - must be an integer",
    fix: 'Send the ID token of the provider unchanged; its claim exp is not a whole number.',
  },
  subjectExpired: {
    ...bad,
    description: "Invalid 'exp' claim in subject_token JWT - JWT has expired",
    actor: 'user',
    fix: 'Sign in again and exchange the new ID token before it expires.',
  },
  subjectIssMissing: {
    ...bad,
    description: "Missing 'iss' claim in subject_token JWT",
    fix: 'Send the ID token of the provider unchanged; its claim iss is missing.',
  },
  subjectAudMissing: {
    ...unknown,
    description: "Missing 'aud' claim in subject_token JWT",
    fix: 'Send the ID token of the provider unchanged; its claim aud is missing.',
  },
  subjectIssuer: {
    ...bad,
    description: "Missing or non-matching 'iss' claim in subject_token JWT",
    fix: 'Send an ID token of a provider that this base path trusts.',
  },
  subjectKid: {
    ...unknown,
    description: "Invalid 'kid' header in subject_token JWT - no matching public key",
    fix: "Send an ID token that is signed with a key of its provider's key set.",
  },
  subjectAudience: {
    ...unknown,
    description: "Missing or invalid 'aud' claim in subject_token JWT",
    source: 'RFC 8693 section 5',
    fix: 'Send an ID token that the provider issued to this application.',
  },
  subjectForeign: {
    ...bad,
    description: "Missing or invalid 'aud' claim in subject_token JWT",
    source: 'RFC 8693 section 5',
    fix: 'Send an ID token that the provider issued to this application or to one of its named parties.',
  },
  subjectUsed: {
    ...bad,
    description: 'Non-unique subject_token - the JWT was exchanged before',
    source: 'RFC 8693 section 5',
    fix: 'Sign in again. Each ID token can be exchanged once.',
  },
  subjectSession: {
    ...bad,
    description: "Invalid 'sid' claim in subject_token JWT - session has ended",
    actor: 'user',
    source: 'OpenID Connect Back-Channel Logout section 2.7',
    fix: 'Sign in again.',
  },
  actorMalformed: {
    ...bad,
    description: 'act.sub JWT is corrupt or unparseable',
    fix: 'Set act.sub of the subject token to a compact JWS.',
  },
  actorKidMissing: {
    ...bad,
    description: "Missing 'kid' header in act.sub JWT",
    fix: 'Add the header kid to the actor token.',
  },
  actorTyp: {
    ...bad,
    description: "Invalid 'typ' header in act.sub JWT - must be 'JWT'",
    fix: 'Set the header typ of the actor token to JWT.',
  },
  actorAlgMissing: {
    ...bad,
    description: "Missing 'alg' header in act.sub JWT",
    fix: 'Add the header alg to the actor token.',
  },
  actorExpMissing: {
    ...bad,
    description: "Missing 'exp' claim in act.sub JWT",
    fix: 'Add the claim exp to the actor token.',
  },
  actorExpInvalid: {
    ...bad,
    description: "Invalid 'exp' claim in act.sub JWT - must be an integer",
    fix: 'Send exp in the actor token as a whole number of seconds since 1970.',
  },
  actorExpired: {
    ...bad,
    description: "Invalid 'exp' claim in act.sub JWT - JWT has expired",
    source: 'RFC 7519 section 4.1.4',
    fix: 'Request a new actor token from the provider.',
  },
  actorIssMissing: {
    ...bad,
    description: "Missing 'iss' claim in act.sub JWT",
    fix: 'Add the claim iss to the actor token.',
  },
  actorAudMissing: {
    ...bad,
    description: "Missing 'aud' claim in act.sub JWT",
    fix: 'Add the claim aud to the actor token.',
  },
  actorNumberMissing: {
    ...bad,
    description: "Missing 'nhs_number' claim in act.sub JWT",
    fix: 'Add the claim nhs_number to the actor token.',
  },
  actorIssuer: {
    ...unknown,
    description: "Missing or non-matching 'iss' claim in act.sub JWT",
    source: 'RFC 8693 section 5',
    fix: 'Send an actor token of the same provider as the subject token.',
  },
  actorKid: {
    ...unknown,
    description: "Invalid 'kid' header in act.sub JWT - no matching public key",
    source: 'RFC 8693 section 5',
    fix: "Sign the actor token with a key of its provider's key set.",
  },
} as const;
