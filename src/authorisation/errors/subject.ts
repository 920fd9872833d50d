import { bad, unknown } from './kinds.ts';

/** What is wrong with a subject token, and with the actor token inside it. */
export const subjectErrors = {
  subjectType: {
    ...bad,
    description:
      "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
  },
  subjectMissing: { ...bad, description: 'Missing subject_token' },
  subjectMalformed: { ...bad, description: 'Malformed JWT in subject_token' },
  subjectKidMissing: { ...bad, description: "Missing 'kid' header in subject_token JWT" },
  subjectTyp: { ...bad, description: "Invalid 'typ' header in subject_token JWT - must be 'JWT'" },
  subjectAlgMissing: { ...bad, description: "Missing 'alg' header in subject_token JWT" },
  subjectExpMissing: { ...bad, description: "Missing 'exp' claim in subject_token JWT" },
  subjectExpInvalid: { ...bad, description: "Invalid 'exp' claim in subject_token JWT - must be an integer" },
  subjectExpired: {
    ...bad,
    description: "Invalid 'exp' claim in subject_token JWT - JWT has expired",
    actor: 'user',
  },
  subjectIssMissing: { ...bad, description: "Missing 'iss' claim in subject_token JWT" },
  subjectAudMissing: { ...unknown, description: "Missing 'aud' claim in subject_token JWT" },
  subjectIssuer: { ...bad, description: "Missing or non-matching 'iss' claim in subject_token JWT" },
  subjectKid: {
    ...unknown,
    description: "Invalid 'kid' header in subject_token JWT - no matching public key",
  },
  subjectAudience: {
    ...unknown,
    description: "Missing or invalid 'aud' claim in subject_token JWT",
    source: 'RFC 8693 section 5',
  },
  subjectForeign: {
    ...bad,
    description: "Missing or invalid 'aud' claim in subject_token JWT",
    source: 'RFC 8693 section 5',
  },
  subjectUsed: {
    ...bad,
    description: 'Non-unique subject_token - the JWT was exchanged before',
    source: 'RFC 8693 section 5',
  },
  subjectSession: {
    ...bad,
    description: "Invalid 'sid' claim in subject_token JWT - session has ended",
    actor: 'user',
    source: 'OpenID Connect Back-Channel Logout section 2.7',
  },
  actorMalformed: { ...bad, description: 'act.sub JWT is corrupt or unparseable' },
  actorKidMissing: { ...bad, description: "Missing 'kid' header in act.sub JWT" },
  actorTyp: { ...bad, description: "Invalid 'typ' header in act.sub JWT - must be 'JWT'" },
  actorAlgMissing: { ...bad, description: "Missing 'alg' header in act.sub JWT" },
  actorExpMissing: { ...bad, description: "Missing 'exp' claim in act.sub JWT" },
  actorExpInvalid: { ...bad, description: "Invalid 'exp' claim in act.sub JWT - must be an integer" },
  actorExpired: {
    ...bad,
    description: "Invalid 'exp' claim in act.sub JWT - JWT has expired",
    source: 'RFC 7519 section 4.1.4',
  },
  actorIssMissing: { ...bad, description: "Missing 'iss' claim in act.sub JWT" },
  actorAudMissing: { ...bad, description: "Missing 'aud' claim in act.sub JWT" },
  actorNumberMissing: { ...bad, description: "Missing 'nhs_number' claim in act.sub JWT" },
  actorIssuer: {
    ...unknown,
    description: "Missing or non-matching 'iss' claim in act.sub JWT",
    source: 'RFC 8693 section 5',
  },
  actorKid: {
    ...unknown,
    description: "Invalid 'kid' header in act.sub JWT - no matching public key",
    source: 'RFC 8693 section 5',
  },
} as const;
