import type { JourneyPattern, Lane, MessageKind } from './model.ts';

/** What a message is, and what it says about its journey. */
export interface Wording {
  /** Stable name, such as `authorisation.token.code`. */
  readonly name: string;
  /** Third person, verb first, at most 32 characters. */
  readonly words: string;
  /** The words before the reason of a refusal, where `words` would be wrong for an attempt. */
  readonly tries?: string;
  readonly kind: MessageKind;
  readonly from: Lane;
  /** What has happened when it succeeds, as a sentence without subject. */
  readonly done?: string;
  /** For whom or what the journey waits after it. */
  readonly waits?: string;
  /** The pattern of a journey that has it. */
  readonly pattern?: JourneyPattern;
  /** Part of another step or of no journey, so it is kept only when it fails. */
  readonly isQuiet?: true;
}

type Draft = Omit<Wording, 'kind' | 'from'> & Partial<Pick<Wording, 'kind' | 'from'>>;

/** A call, from the application unless its draft says otherwise. */
const call = (name: string, words: string, more: Partial<Draft> = {}): Wording => ({
  kind: 'call',
  from: 'application',
  name,
  words,
  ...more,
});
const hop = (name: string, words: string, from: Lane, more: Partial<Draft> = {}): Wording =>
  call(name, words, { kind: 'redirect', from, ...more });
const act = (name: string, words: string, more: Partial<Draft> = {}): Wording =>
  call(name, words, { kind: 'act', from: 'person', ...more });
const quiet = (name: string, words: string, from: Lane = 'application'): Wording =>
  call(name, words, { from, isQuiet: true });

const thePerson = 'the person';
const theApplication = 'the application';

const oneTokenRequest = call('authorisation.token', 'Asks for tokens');

/** Requests by lane, method and the end of the route. A grant follows the path of a token endpoint. */
const requests: Readonly<Record<string, Wording>> = {
  'authorisation GET /authorize': hop('authorisation.authorize', 'Asks for access to an API', 'application', {
    done: 'Asked for access to an API',
    waits: 'CIS2',
    pattern: 'combined',
  }),
  'authorisation POST /authorize': hop(
    'authorisation.authorize',
    'Asks for access to an API',
    'application',
    {
      waits: 'CIS2',
      pattern: 'combined',
    },
  ),
  'authorisation GET /callback': hop('authorisation.callback', 'Knows the person; returns a code', 'cis2', {
    tries: 'Returns a code',
    waits: theApplication,
    pattern: 'combined',
  }),
  'authorisation POST /token': oneTokenRequest,
  'authorisation POST /token authorization_code': call(
    'authorisation.token.code',
    'Exchanges the code for tokens',
    { tries: 'Asks for tokens', done: 'Got tokens', pattern: 'combined' },
  ),
  'authorisation POST /token refresh_token': call('authorisation.token.refresh', 'Asks for fresh tokens', {
    done: 'Got fresh tokens',
  }),
  'authorisation POST /token client_credentials': call(
    'authorisation.token.assertion',
    'Asks for tokens as itself',
    { done: 'Got a token as itself', pattern: 'application' },
  ),
  'authorisation POST /token token-exchange': call('authorisation.token.exchange', 'Exchanges an ID token', {
    done: 'Exchanged an ID token',
    pattern: 'separate',
  }),
  'authorisation GET /userinfo': call('authorisation.userinfo', 'Reads the person and roles', {
    done: 'Read the person and roles',
  }),
  'authorisation POST /userinfo': call('authorisation.userinfo', 'Reads the person and roles', {
    done: 'Read the person and roles',
  }),
  'authorisation POST /revoke': call('authorisation.revoke', 'Revokes a token', { done: 'Revoked a token' }),
  'authorisation POST /introspect': call('authorisation.introspect', 'Asks whether a token is valid'),
  'authorisation POST /par': call('authorisation.par', 'Sends its request in advance', {
    waits: theApplication,
    pattern: 'combined',
  }),
  'authorisation POST /backchannel_logout': call('authorisation.logout', 'Tells that the session ended', {
    from: 'cis2',
    done: 'Signed out',
    pattern: 'sign-out',
  }),
  'authorisation POST /authorisation/tokens': call('authorisation.mint', 'Asks for tokens for a test', {
    from: 'console',
    done: 'Got tokens for a test',
    pattern: 'console',
  }),
  'authorisation POST /authorisation/validate': quiet(
    'authorisation.validate',
    'Checks a request',
    'console',
  ),
  'authorisation GET /jwks': quiet('authorisation.jwks', 'Reads the public keys'),
  'authorisation GET /_status': quiet('authorisation.status', 'Asks for the status'),
  'authorisation GET /_ping': quiet('authorisation.ping', 'Asks for the status'),

  'cis2 GET /authorize': hop('cis2.authorize', 'Sends the person to sign in', 'application', {
    waits: thePerson,
    pattern: 'separate',
  }),
  'cis2 POST /authorize': hop('cis2.authorize', 'Sends the person to sign in', 'application', {
    waits: thePerson,
    pattern: 'separate',
  }),
  'cis2 POST /par': call('cis2.par', 'Sends its request in advance', {
    waits: theApplication,
    pattern: 'separate',
  }),
  'cis2 POST /access_token': call('cis2.token', 'Asks for tokens'),
  'cis2 POST /access_token authorization_code': call('cis2.token.code', 'Exchanges the code for tokens', {
    tries: 'Asks for tokens',
    done: 'Got tokens',
    pattern: 'separate',
  }),
  'cis2 POST /access_token refresh_token': call('cis2.token.refresh', 'Asks for fresh tokens', {
    done: 'Got fresh tokens',
  }),
  'cis2 GET /userinfo': call('cis2.userinfo', 'Reads the person and roles', {
    done: 'Read the person and roles',
  }),
  'cis2 POST /userinfo': call('cis2.userinfo', 'Reads the person and roles', {
    done: 'Read the person and roles',
  }),
  'cis2 POST /token/revoke': call('cis2.revoke', 'Revokes a token', { done: 'Revoked a token' }),
  'cis2 POST /introspect': call('cis2.introspect', 'Asks whether a token is valid'),
  'cis2 GET /connect/endSession': hop('cis2.logout', 'Asks to sign out', 'application', {
    done: 'Signed out',
    pattern: 'sign-out',
  }),
  'cis2 POST /connect/endSession': hop('cis2.logout', 'Asks to sign out', 'application', {
    done: 'Signed out',
    pattern: 'sign-out',
  }),
  'cis2 POST /sign-out': act('cis2.sign-out', 'Signs out', { done: 'Signed out', pattern: 'sign-out' }),
  'cis2 POST /agent/exchange': call('cis2.exchange', 'Proves person and card', { from: 'identity-agent' }),
  'cis2 GET /agent/return': hop('cis2.return', 'Brings the browser back', 'identity-agent'),
  'cis2 POST /agent/session-ended': call('cis2.session-ended', 'Tells that the session ended', {
    from: 'cis',
    done: 'Signed out',
    pattern: 'sign-out',
  }),
  'cis2 GET /interaction/:id': quiet('cis2.page', 'Opens the choice of sign-in', 'browser'),
  'cis2 POST /interaction/:id': act('cis2.choice', 'Chooses how to sign in', { waits: thePerson }),
  'cis2 GET /interaction/:id/confirm': quiet('cis2.page', 'Opens the confirmation', 'browser'),
  'cis2 POST /interaction/:id/confirm': act('cis2.confirm', 'Confirms the sign-in', {
    waits: theApplication,
  }),
  'cis2 GET /interaction/:id/resume': quiet('cis2.page', 'Continues the sign-in', 'browser'),
  'cis2 GET /interaction/:id/role': quiet('cis2.page', 'Opens the choice of role', 'browser'),
  'cis2 POST /interaction/:id/role': act('cis2.role', 'Chooses role', { waits: theApplication }),
  'cis2 GET /interaction/:id/:authenticator': quiet('cis2.page', 'Opens the sign-in page', 'browser'),
  'cis2 GET /interaction/:id/:authenticator/:page': quiet('cis2.page', 'Opens the sign-in page', 'browser'),
  'cis2 POST /interaction/:id/:authenticator/:page': act('cis2.sign-in', 'Proves who is there', {
    waits: thePerson,
  }),
  'cis2 POST /tablet/open': act('cis2.tablet-opened', 'Opens the request on the tablet'),
  'cis2 POST /tablet/answer': act('cis2.tablet-answer', 'Approves on the tablet'),
  'cis2 POST /tablet/join': act('cis2.tablet-join', 'Continues on the computer'),
  'cis2 GET /federated/:provider/callback': hop('cis2.federated', 'Returns a code', 'browser'),
  'cis2 GET /connect/jwk_uri': quiet('cis2.jwks', 'Reads the public keys'),
  'cis2 GET /connect/no_keys': quiet('cis2.jwks', 'Reads the public keys'),

  'identity-agent GET /v1/cis2': hop('agent.hand-off', 'Asks who is at the desk', 'cis2', {
    waits: thePerson,
  }),
  'identity-agent POST /interaction/:id/pin': act('agent.pin', 'Gives PIN', { waits: thePerson }),
  'identity-agent POST /interaction/:id/role': act('agent.role', 'Chooses role', {
    waits: 'the Identity Agent',
  }),
  'identity-agent POST /interaction/:id/confirm': act('agent.confirm', 'Confirms the sign-in'),
  'identity-agent POST /interaction/:id/renewal': act('agent.renewal', 'Renews the card'),
  'identity-agent POST /interaction/:id/leave': act('agent.leave', 'Gives up the sign-in'),
  'identity-agent POST /card/:id/change-pin': act('agent.change-pin', 'Changes the PIN', {
    done: 'Changed the PIN',
    pattern: 'desk',
  }),
  'identity-agent POST /card/:id/unlock-code': act('agent.unlock-code', 'Asks for an unlocking code'),
  'identity-agent POST /card/:id/unlock': act('agent.unlock', 'Unlocks the card', {
    done: 'Unlocked the card',
  }),
  'identity-agent POST /card/:id/unblock': act('agent.unblock', 'Unblocks the card', {
    done: 'Unblocked the card',
  }),
  'identity-agent POST /card/:id/renew': act('agent.renew', 'Renews the card', { done: 'Renewed the card' }),
  'identity-agent POST /card/:id/sign-in': act('agent.pin', 'Gives PIN', { pattern: 'desk' }),

  'cis POST /sessions/challenge': call('cis.challenge', 'Asks for a challenge', {
    from: 'identity-agent',
    pattern: 'desk',
  }),
  'cis POST /sessions': call('cis.sign-in', 'Signs in with the card', {
    from: 'identity-agent',
    done: 'Signed in',
    pattern: 'desk',
  }),
  'cis POST /sessions/:id/proof': call('cis.proof', 'Checks card and session', { from: 'cis2' }),
  'cis POST /sessions/:id/role': call('cis.role', 'Chooses role', { from: 'identity-agent' }),
  'cis PUT /sessions/:id/role': call('cis.role', 'Chooses role', { from: 'identity-agent' }),
  'cis POST /sessions/:id/pin': call('cis.pin', 'Proves that the PIN was given', { from: 'identity-agent' }),
  'cis DELETE /sessions/:id': call('cis.session-ended', 'Ends the session', {
    from: 'identity-agent',
    done: 'Signed out',
    pattern: 'sign-out',
  }),
  'cis POST /sessions/:id/card-renewal': call('cis.card-renewed', 'Renews the card', {
    from: 'identity-agent',
  }),
  'cis POST /cards/:serial/unlock-code': call('cis.unlock-code', 'Asks for an unlocking code', {
    from: 'identity-agent',
  }),
  'cis POST /cards/:serial/unlock': call('cis.unlock', 'Exchanges the mailed code', {
    from: 'identity-agent',
  }),
  'cis POST /login/authactivate': call('cis.legacy-activate', 'Asks for a challenge', {
    from: 'identity-agent',
    pattern: 'desk',
  }),
  'cis POST /login/authvalidate': call('cis.legacy-sign-in', 'Signs in with the card', {
    from: 'identity-agent',
    done: 'Signed in',
    pattern: 'desk',
  }),
  'cis POST /login/authlogout': call('cis.legacy-sign-out', 'Ends the session', {
    from: 'identity-agent',
    done: 'Signed out',
    pattern: 'sign-out',
  }),
  'cis GET /saml/RoleSelectionGP.jsp': call('cis.legacy-role', 'Chooses role', { from: 'identity-agent' }),
  'cis GET /saml/RoleAssertion': call('cis.legacy-assertion', 'Reads the person and role'),

  'api GET /Patient/:id': call('pds.read', 'Reads a patient', { done: 'Read a patient' }),
  'api GET /Patient': call('pds.search', 'Searches for patients', { done: 'Searched for patients' }),
  'api POST /Patient': call('pds.create', 'Adds a patient', { done: 'Added a patient' }),
  'api PATCH /Patient/:id': call('pds.update', 'Changes a patient', { done: 'Changed a patient' }),
  'api GET /Patient/:id/RelatedPerson': call('pds.related', 'Reads related people', {
    done: 'Read related people',
  }),
};

/** Any other request, by lane. */
const others: Readonly<Record<string, Wording>> = {
  authorisation: call('authorisation.other', 'Asks for another path'),
  cis2: call('cis2.other', 'Asks for another path'),
  'identity-agent': call('agent.other', 'Asks for another path', { from: 'browser' }),
  cis: quiet('cis.other', 'Asks for another path', 'cis2'),
  api: call('api.call', 'Calls the API', { done: 'Called an API' }),
};

/** Events that no request records. */
const outside: Readonly<Record<string, { wording: Wording; to: Lane }>> = {
  'agent.card-inserted': {
    wording: act('agent.card-inserted', 'Inserts card', { waits: 'the PIN', pattern: 'desk' }),
    to: 'identity-agent',
  },
  'agent.card-removed': {
    wording: act('agent.card-removed', 'Removes card', { done: 'Removed the card', pattern: 'desk' }),
    to: 'identity-agent',
  },
  'agent.card-act': {
    wording: act('agent.card-act', 'Changes the card', { pattern: 'desk' }),
    to: 'identity-agent',
  },
  'agent.pin': { wording: act('agent.pin', 'Gives PIN', { pattern: 'desk' }), to: 'identity-agent' },
  'cis2.backchannel-logout': {
    wording: call('cis2.backchannel-logout', 'Tells that the session ended', {
      from: 'cis2',
      pattern: 'sign-out',
    }),
    to: 'application',
  },
};

/** Redirects that leave for the application, by the lane that sends. */
const returns: Readonly<Record<string, Wording>> = {
  authorisation: hop('authorisation.code', 'Returns a code', 'authorisation', { waits: theApplication }),
  cis2: hop('cis2.code', 'Knows the person; returns a code', 'cis2', { waits: theApplication }),
  'identity-agent': hop('agent.return', 'Brings the browser back', 'identity-agent'),
};
const returnedError = (from: Lane): Wording => hop(`${from}.error`, 'Returns an error', from);
const returnedSignedOut = (from: Lane): Wording => hop(`${from}.signed-out`, 'Brings the browser back', from);

/** What a request looks like before its words are known. */
export interface Worded {
  readonly lane: Lane;
  readonly method: string;
  readonly route: string;
  readonly grant?: string | undefined;
}

/** Cuts what differs between installations: the realm of CIS2, the base path of an API or of an authorisation server. */
const shortRoute = (route: string, lane: Lane): string => {
  if (lane === 'cis2')
    return route.replace(
      /^\/openam\/oauth2\/realms\/.*?(?=\/(?:authorize|access_token|userinfo|par|introspect|token|connect|\.well-known)\b)/,
      '',
    );
  if (lane === 'authorisation') return route.replace(/^\/oauth2[^/]*/, '');
  if (lane.startsWith('api:')) return route.replace(/^.*?(?=\/Patient(?:\/|$))/, '');
  return route;
};

/** Pages, assets and monitoring. */
const isSurrounding = (route: string): boolean =>
  /^\/(?:assets\/|healthz$|readyz$|schemas\/|mock-jwks\/|\.well-known\/|favicon\.ico)|\/\.well-known\//.test(
    route,
  );

const surroundings = quiet('other', 'Asks for a page');

export function wordingOf({ lane, method, route, grant }: Worded): Wording {
  if (isSurrounding(route)) return surroundings;
  const area = lane.startsWith('api:') ? 'api' : lane;
  const key = `${area} ${method === 'HEAD' ? 'GET' : method} ${shortRoute(route, lane)}`;
  return (
    (grant === undefined ? undefined : requests[`${key} ${grant}`]) ??
    requests[key] ??
    (method === 'OPTIONS' ? surroundings : others[area]) ??
    surroundings
  );
}

export const wordingOutside = (event: string): { wording: Wording; to: Lane } | undefined => outside[event];

/** The redirect to the application with which a request was answered. */
export const wordingOfReturn = (from: Lane, carries: 'code' | 'error' | 'nothing'): Wording =>
  carries === 'error'
    ? returnedError(from)
    : ((carries === 'code' ? returns[from] : undefined) ?? returnedSignedOut(from));

/** Every wording, for the test of their form. */
export const everyWording = (): Wording[] => [
  ...Object.values(requests),
  ...Object.values(others),
  ...Object.values(outside).map(({ wording }) => wording),
  ...Object.values(returns),
];
