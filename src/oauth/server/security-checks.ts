import type { StepList } from '@alongside/kernel/steps';

/** The endpoints of an authorization server. A grant is one of the token endpoint. */
export type EndpointName =
  | 'authorize'
  | 'callback'
  | 'par'
  | 'token'
  | `token ${string}`
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
  | 'upstream-response'
  | 'id-token'
  | 'id-token-hint'
  | 'level'
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

interface RequiringServer {
  readonly profiles: Readonly<Record<string, RequiringProfile>>;
}

interface RequiringProfile {
  readonly requires: Readonly<Partial<Record<EndpointName, readonly SecurityCheck[]>>>;
}

/** The steps of each endpoint of a server. */
export type EndpointLists = Readonly<Partial<Record<EndpointName, Pick<StepList, 'name' | 'checks'>>>>;

/** Throws unless the steps of each endpoint have every security check that a profile of the server requires. */
export function requireChecks({ profiles }: RequiringServer, lists: EndpointLists): void {
  for (const [profile, { requires }] of Object.entries(profiles))
    for (const [endpoint, checks = []] of Object.entries(requires)) {
      const list = lists[endpoint as EndpointName];
      for (const check of checks)
        if (!list?.checks.includes(check))
          throw new Error(
            `${list?.name ?? endpoint} lacks the check ${check}, required by profile ${profile}.`,
          );
    }
}
