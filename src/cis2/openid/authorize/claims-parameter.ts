import type { Answer } from '@alongside/kernel/answer';
import type { Parameters } from '../../../oauth/parameters.ts';
import { responseErrors } from '../../errors/response.ts';
import type { ClaimNames } from '../../model/authorization-request.ts';
import { claimValues } from '../../model/scopes.ts';
import type { Reply } from '../../responses/authorization-response.ts';

/** The `claims` parameter (OpenID Connect Core section 5.5). */
export interface AuthorizationClaims extends ClaimNames {
  acr: { values: string[]; essential: boolean };
  /** The requested user. */
  subject: string | null;
}

interface ClaimRequest {
  essential: boolean;
  values: unknown[];
}

const mostClaims = 100;

function readRequest(request: unknown): ClaimRequest | undefined {
  if (request === null) return { essential: false, values: [] };
  if (typeof request !== 'object' || Array.isArray(request)) return undefined;
  const {
    essential = false,
    value,
    values,
  } = request as { essential?: unknown; value?: unknown; values?: unknown };
  if (typeof essential !== 'boolean' || (values !== undefined && !Array.isArray(values))) return undefined;
  return { essential, values: value === undefined ? (values ?? []) : [value] };
}

function readMember(member: unknown): Map<string, ClaimRequest> | undefined {
  const requests = new Map<string, ClaimRequest>();
  if (member === undefined || member === null) return requests;
  if (typeof member !== 'object' || Array.isArray(member)) return undefined;
  const entries = Object.entries(member);
  if (entries.length > mostClaims) return undefined;
  for (const [name, value] of entries) {
    const request = readRequest(value);
    if (!request) return undefined;
    requests.set(name, request);
  }
  return requests;
}

const known = (requests: Map<string, ClaimRequest>): string[] =>
  [...requests.keys()].filter((name) => claimValues.includes(name) && name !== 'sub');

const texts = (values: unknown[] = []): string[] => values.filter((value) => typeof value === 'string');

/** Reads the parameter; undefined when it is not valid. Unknown members and claims are ignored. */
export function parseClaims(text: string): AuthorizationClaims | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const { id_token, userinfo } = parsed as { id_token?: unknown; userinfo?: unknown };
  const inToken = readMember(id_token);
  const inUserinfo = readMember(userinfo);
  if (!inToken || !inUserinfo) return undefined;
  const acr = inToken.get('acr');
  const subjects = [inToken, inUserinfo].flatMap((requests) => texts(requests.get('sub')?.values));
  // A request is for one user.
  if (new Set(subjects).size > 1) return undefined;
  return {
    idToken: known(inToken),
    userinfo: known(inUserinfo),
    acr: { values: texts(acr?.values), essential: acr?.essential ?? false },
    subject: subjects[0] ?? null,
  };
}

const none: AuthorizationClaims = {
  idToken: [],
  userinfo: [],
  acr: { values: [], essential: false },
  subject: null,
};

export function checkClaims({
  parameters,
  reply,
}: {
  parameters: Parameters;
  reply: Pick<Reply, 'fail'>;
}): Answer | { claims: AuthorizationClaims } {
  const text = parameters.get('claims');
  if (text === undefined) return { claims: none };
  const claims = parseClaims(text);
  return claims
    ? { claims }
    : reply.fail(responseErrors.claimsInvalid('claims is not a JSON object of known members'));
}
