import type { StepList } from '@alongside/kernel/steps';

/** The endpoints of an authorization server. */
export type EndpointName =
  | 'authorize'
  | 'callback'
  | 'backchannel-logout'
  | 'par'
  | 'token'
  | 'revoke'
  | 'introspect'
  | 'userinfo';

/** The security checks of these endpoints. */
export type SecurityCheck =
  // The client.
  | 'client'
  | 'client-authentication'
  | 'confidential-client'
  | 'client-profile'
  | 'client-approval'
  | 'subscription'
  | 'developer'
  | 'rate-limit'
  | 'network-limit'
  // The authorization request.
  | 'request-object'
  | 'request-uri'
  | 'pushed-request'
  | 'signed-request'
  | 'redirect-uri'
  | 'response-type'
  | 'response-mode'
  | 'scope'
  | 'resources'
  | 'pkce'
  | 'bound-key'
  // The sign-in.
  | 'session'
  | 'state'
  | 'confirmation'
  | 'upstream-response'
  | 'id-token'
  | 'id-token-hint'
  | 'level'
  | 'logout-source'
  | 'logout-token'
  | 'logout-claims'
  // Tokens.
  | 'sender-key'
  | 'sender-constraint'
  | 'access-token'
  | 'code'
  | 'code-redirect-uri'
  | 'code-verifier'
  | 'code-key'
  | 'refresh-token'
  | 'subject-token'
  | 'actor-token'
  | 'single-use'
  | 'user';

type CheckedList = Pick<StepList, 'name' | 'checks'>;

/** The steps of each endpoint of a server. */
export type EndpointLists = Readonly<Partial<Record<EndpointName, CheckedList>>>;

interface CheckedServer {
  readonly profiles: Readonly<
    Record<string, { readonly requires: Readonly<Partial<Record<EndpointName, readonly SecurityCheck[]>>> }>
  >;
}

interface CheckedGrant {
  readonly type: string;
  readonly list: CheckedList;
  readonly requires: readonly SecurityCheck[];
}

function requireAll(list: CheckedList, checks: readonly SecurityCheck[], by: string): void {
  for (const check of checks)
    if (!list.checks.includes(check))
      throw new Error(`${list.name} lacks the check ${check}, required by ${by}.`);
}

/** Throws unless each endpoint has the security checks that the profiles require, and each grant its own. */
export function requireChecks(
  { profiles }: CheckedServer,
  lists: EndpointLists,
  grants: readonly CheckedGrant[] = [],
): void {
  for (const [profile, { requires }] of Object.entries(profiles))
    for (const [endpoint, checks] of Object.entries(requires))
      requireAll(
        lists[endpoint as EndpointName] ?? { name: endpoint, checks: [] },
        checks,
        `profile ${profile}`,
      );
  for (const { type, list, requires } of grants) requireAll(list, requires, `the grant ${type}`);
}
