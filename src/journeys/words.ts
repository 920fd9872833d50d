import type { JourneyPattern, Lane, MessageKind } from './model.ts';

/** The kind and words of a message, and its effect on the journey. */
export interface Wording {
  /** Stable name, such as `authorisation.token.code`. */
  readonly name: string;
  readonly kind: MessageKind;
  readonly from: Lane;
  /** The act of the sender: third person, verb first, at most 32 characters. */
  readonly words: string;
  /** The same before the reason of a refusal. */
  readonly tries: string;
  /** The result of a success, as a sentence without subject. */
  readonly done: string | undefined;
  /** For whom or what the journey waits after it. */
  readonly waits: string | undefined;
  /** How it ended the journey before anything was reached. */
  readonly gaveUp: string | undefined;
  /** The pattern of a journey that has it. */
  readonly pattern: JourneyPattern | undefined;
  /** Part of another step, or of no journey, so it is kept only when it fails. */
  readonly isQuiet: boolean;
}

/**
 * One row for each request or event, with the columns
 * 1. lane that receives it, method, end of the route, and the grant at a token endpoint; or the name of an event
 * 2. `name`
 * 3. `kind` and `from`; `quiet` instead of a kind sets `isQuiet`
 * 4. `words`
 * 5. other members of `Wording`: `=done`, `…waits`, `~gaveUp`, `#pattern`, `!tries`
 */
const table = `
authorisation GET /authorize                     | authorisation.authorize       | redirect application    | Asks for access to an API        | …CIS2 #combined
authorisation POST /authorize                    | authorisation.authorize       | redirect application    | Asks for access to an API        | …CIS2 #combined
authorisation GET /callback                      | authorisation.callback        | redirect cis2           | Returns a code                   | …the application #combined
authorisation POST /token                        | authorisation.token           | call application        | Asks for tokens                  |
authorisation POST /token authorization_code     | authorisation.token.code      | call application        | Exchanges the code for tokens    | =Got tokens #combined !Asks for tokens
authorisation POST /token refresh_token          | authorisation.token.refresh   | call application        | Refreshes the tokens             | =Refreshed the tokens
authorisation POST /token client_credentials     | authorisation.token.assertion | call application        | Asks for tokens as itself        | =Got a token as itself #application
authorisation POST /token token-exchange         | authorisation.token.exchange  | call application        | Exchanges an ID token            | =Exchanged an ID token #separate
authorisation GET /userinfo                      | authorisation.userinfo        | call application        | Reads the person and roles       | =Read the person and roles
authorisation POST /userinfo                     | authorisation.userinfo        | call application        | Reads the person and roles       | =Read the person and roles
authorisation GET /end_session                   | authorisation.sign-out        | redirect application    | Asks to sign out                 | …CIS2 #sign-out
authorisation POST /end_session                  | authorisation.sign-out        | redirect application    | Asks to sign out                 | …CIS2 #sign-out
authorisation GET /signed_out                    | authorisation.signed-out      | redirect cis2           | Returns after the sign-out       | …the application #sign-out
authorisation POST /revoke                       | authorisation.revoke          | call application        | Revokes a token                  | =Revoked a token
authorisation POST /introspect                   | authorisation.introspect      | call application        | Asks whether a token is valid    | =Asked whether a token is valid
authorisation POST /par                          | authorisation.par             | call application        | Sends its request in advance     | …the application #combined
authorisation POST /backchannel_logout           | authorisation.logout          | call cis2               | Reports the ended session        | =Signed out #sign-out
authorisation POST /authorisation/tokens         | authorisation.mint            | call console            | Asks for tokens for a test       | =Got tokens for a test #console
authorisation POST /authorisation/validate       | authorisation.validate        | quiet console           | Checks a request                 |
authorisation GET /jwks                          | authorisation.jwks            | quiet application       | Reads the public keys            |
authorisation GET /_status                       | authorisation.status          | quiet application       | Asks for the status              |
authorisation GET /_ping                         | authorisation.status          | quiet application       | Asks for the status              |
authorisation *                                  | authorisation.other           | call application        | Requests an unknown path         |
cis2 GET /authorize                              | cis2.authorize                | redirect application    | Sends the person to sign in      | …the person #separate
cis2 POST /authorize                             | cis2.authorize                | redirect application    | Sends the person to sign in      | …the person #separate
cis2 POST /par                                   | cis2.par                      | call application        | Sends its request in advance     | …the application #separate
cis2 POST /access_token                          | cis2.token                    | call application        | Asks for tokens                  |
cis2 POST /access_token authorization_code       | cis2.token.code               | call application        | Exchanges the code for tokens    | =Got tokens #separate !Asks for tokens
cis2 POST /access_token refresh_token            | cis2.token.refresh            | call application        | Refreshes the tokens             | =Refreshed the tokens
cis2 GET /userinfo                               | cis2.userinfo                 | call application        | Reads the person and roles       | =Read the person and roles
cis2 POST /userinfo                              | cis2.userinfo                 | call application        | Reads the person and roles       | =Read the person and roles
cis2 POST /token/revoke                          | cis2.revoke                   | call application        | Revokes a token                  | =Revoked a token
cis2 POST /introspect                            | cis2.introspect               | call application        | Asks whether a token is valid    | =Asked whether a token is valid
cis2 GET /connect/endSession                     | cis2.logout                   | redirect application    | Asks to sign out                 | =Signed out #sign-out
cis2 POST /connect/endSession                    | cis2.logout                   | redirect application    | Asks to sign out                 | =Signed out #sign-out
cis2 POST /sign-out                              | cis2.sign-out                 | act person              | Signs out                        | =Signed out #sign-out
cis2 POST /agent/exchange                        | cis2.exchange                 | call identity-agent     | Proves person and card           |
cis2 GET /agent/return                           | cis2.return                   | redirect identity-agent | Sends the browser back           |
cis2 POST /agent/session-ended                   | cis2.session-ended            | call cis                | Reports the ended session        | =Signed out #sign-out
cis2 GET /interaction/:id                        | cis2.page                     | quiet browser           | Opens the choice of sign-in      |
cis2 POST /interaction/:id                       | cis2.choice                   | act person              | Chooses how to sign in           | …the person
cis2 GET /interaction/:id/confirm                | cis2.page                     | quiet browser           | Opens the confirmation           |
cis2 POST /interaction/:id/confirm               | cis2.confirm                  | act person              | Confirms the sign-in             | …the application
cis2 GET /interaction/:id/resume                 | cis2.page                     | quiet browser           | Continues the sign-in            |
cis2 GET /interaction/:id/role                   | cis2.page                     | quiet browser           | Opens the choice of role         |
cis2 POST /interaction/:id/role                  | cis2.role                     | act person              | Chooses role                     | …the application
cis2 GET /interaction/:id/:authenticator         | cis2.page                     | quiet browser           | Opens the sign-in page           |
cis2 GET /interaction/:id/:authenticator/:page   | cis2.page                     | quiet browser           | Opens the sign-in page           |
cis2 POST /interaction/:id/:authenticator/:page  | cis2.sign-in                  | act person              | Authenticates                    | …the person
cis2 POST /tablet/open                           | cis2.tablet-opened            | act person              | Opens the request on the tablet  |
cis2 POST /tablet/answer                         | cis2.tablet-answer            | act person              | Approves on the tablet           |
cis2 POST /tablet/join                           | cis2.tablet-join              | act person              | Continues on the computer        |
cis2 GET /federated/:provider/callback           | cis2.federated                | redirect browser        | Returns a code                   |
cis2 GET /connect/jwk_uri                        | cis2.jwks                     | quiet application       | Reads the public keys            |
cis2 GET /connect/no_keys                        | cis2.jwks                     | quiet application       | Reads the public keys            |
cis2 POST /cis2/validate                         | cis2.validate                 | quiet console           | Checks a request                 |
cis2 *                                           | cis2.other                    | call application        | Requests an unknown path         |
identity-agent GET /v1/cis2                      | agent.hand-off                | redirect cis2           | Asks who is signed in            | …the person
identity-agent POST /interaction/:id/pin         | agent.pin                     | act person              | Enters PIN                       | …the person
identity-agent POST /interaction/:id/role        | agent.role                    | act person              | Chooses role                     | …the Identity Agent
identity-agent POST /interaction/:id/confirm     | agent.confirm                 | act person              | Confirms the sign-in             |
identity-agent POST /interaction/:id/renewal     | agent.renewal                 | act person              | Renews the card                  |
identity-agent POST /interaction/:id/leave       | agent.leave                   | act person              | Cancels the sign-in              |
identity-agent GET /interaction/:id              | agent.page                    | quiet browser           | Opens the sign-in page           |
identity-agent GET /interaction/:id/state        | agent.page                    | quiet browser           | Asks for the state               |
identity-agent GET /interaction/:id/card         | agent.page                    | quiet browser           | Opens the card page              |
identity-agent POST /card/:id/change-pin         | agent.change-pin              | act person              | Changes the PIN                  | =Changed the PIN #desk
identity-agent POST /card/:id/unlock-code        | agent.unlock-code             | act person              | Asks for an unlocking code       | #desk
identity-agent POST /card/:id/unlock             | agent.unlock                  | act person              | Unlocks the card                 | =Unlocked the card #desk
identity-agent POST /card/:id/unblock            | agent.unblock                 | act person              | Unblocks the card                | =Unblocked the card #desk
identity-agent POST /card/:id/renew              | agent.renew                   | act person              | Renews the card                  | =Renewed the card #desk
identity-agent POST /card/:id/sign-in            | agent.pin                     | act person              | Enters PIN                       | #desk
identity-agent *                                 | agent.other                   | quiet browser           | Requests an unknown path         |
cis POST /sessions/challenge                     | cis.challenge                 | call identity-agent     | Asks for a challenge             | #desk
cis POST /sessions                               | cis.sign-in                   | call identity-agent     | Signs in with the card           | =Signed in #desk
cis POST /sessions/:id/proof                     | cis.proof                     | call cis2               | Checks card and session          |
cis POST /sessions/:id/role                      | cis.role                      | call identity-agent     | Chooses role                     |
cis PUT /sessions/:id/role                       | cis.role                      | call identity-agent     | Chooses role                     |
cis POST /sessions/:id/pin                       | cis.pin                       | call identity-agent     | Proves that the PIN was entered  | =Entered the PIN #desk
cis DELETE /sessions/:id                         | cis.session-ended             | call identity-agent     | Ends the session                 | =Signed out #sign-out
cis POST /sessions/:id/card-renewal              | cis.card-renewed              | call identity-agent     | Renews the card                  | =Renewed the card #desk
cis POST /cards/:serial/unlock-code              | cis.unlock-code               | call identity-agent     | Asks for an unlocking code       | =Asked for an unlocking code #desk
cis POST /cards/:serial/unlock                   | cis.unlock                    | call identity-agent     | Exchanges the mailed code        | =Exchanged the mailed code #desk
cis POST /cards/examination                      | cis.examination               | quiet identity-agent    | Examines the card                | #desk
cis POST /login/authactivate                     | cis.legacy-activate           | call identity-agent     | Asks for a challenge             | #desk
cis POST /login/authvalidate                     | cis.legacy-sign-in            | call identity-agent     | Signs in with the card           | =Signed in #desk
cis POST /login/authlogout                       | cis.legacy-sign-out           | call identity-agent     | Ends the session                 | =Signed out #sign-out
cis GET /saml/RoleSelectionGP.jsp                | cis.legacy-role               | call identity-agent     | Chooses role                     |
cis GET /saml/RoleAssertion                      | cis.legacy-assertion          | call application        | Reads the person and role        |
cis *                                            | cis.other                     | quiet cis2              | Requests an unknown path         |
api GET /Patient/:id                             | pds.read                      | call application        | Reads a patient                  | =Read a patient
api GET /Patient                                 | pds.search                    | call application        | Searches for patients            | =Searched for patients
api POST /Patient                                | pds.create                    | call application        | Adds a patient                   | =Added a patient
api PATCH /Patient/:id                           | pds.update                    | call application        | Changes a patient                | =Changed a patient
api GET /Patient/:id/RelatedPerson               | pds.related                   | call application        | Reads related people             | =Read related people
api POST /signing-service/signaturerequest       | signing.request               | call application        | Asks for signatures              | …the person =Asked for signatures
api GET /signing-service/presence                | signing.presence              | redirect application    | Sends the person to sign         | …the person
api POST /signing-service/presence               | signing.decision              | act person              | Decides whether to sign          | …CIS2
api GET /signing-service/callback                | signing.callback              | redirect cis2           | Returns a code                   | …the application
api GET /signing-service/signatureresponse/:token | signing.response             | call application        | Fetches the signatures           | =Signed documents !Asks for the signatures
api *                                            | api.call                      | call application        | Calls the API                    | =Called an API
event agent.card-inserted                        | agent.card-inserted           | act person              | Inserts card                     | …the PIN #desk
event agent.card-removed                         | agent.card-removed            | act person              | Removes card                     | #desk
event agent.card-removed unanswered              | agent.card-removed            | act person              | Removes card                     | ~Removed the card before the PIN #desk
event agent.card-act                             | agent.card-act                | act person              | Changes the card                 | #desk
event agent.signature                            | agent.signature               | act person              | Signs documents with the card    | #desk
event agent.pin                                  | agent.pin                     | act person              | Enters PIN                       | #desk
event agent.desk-pin                             | agent.desk-pin                | act person              | Enters PIN for a sign-in         | =Entered the PIN for a sign-in #desk !Enters PIN
event authorisation.backchannel-logout           | authorisation.backchannel-logout | call authorisation   | Reports the ended session        | #sign-out
event cis2.backchannel-logout                    | cis2.backchannel-logout       | call cis2               | Reports the ended session        | #sign-out
sent authorisation code                          | authorisation.code            | redirect authorisation  | Returns a code                   | …the application
sent cis2 code                                   | cis2.code                     | redirect cis2           | Returns a code                   | …the application
sent cis2 provider                               | cis2.to-provider              | redirect cis2           | Sends the person to sign in      | …the provider
sent * error                                     | error                         | redirect browser        | Returns an error                 |
sent * nothing                                   | return                        | redirect browser        | Sends the browser back           |
mock GET /auth                                   | mock.authorize                | redirect application    | Sends the person to sign in      | …the person
mock POST /auth                                  | mock.sign-in                  | act person              | Chooses who signs in             |
mock POST /token                                 | mock.token                    | call authorisation      | Exchanges the code for tokens    | !Asks for tokens
mock GET /userinfo                               | mock.userinfo                 | call authorisation      | Reads the person                 |
mock POST /userinfo                              | mock.userinfo                 | call authorisation      | Reads the person                 |
mock GET /logout                                 | mock.logout                   | redirect application    | Asks to sign out                 | #sign-out
mock POST /logout                                | mock.logout                   | redirect application    | Asks to sign out                 | #sign-out
mock *                                           | mock.other                    | quiet application       | Requests an unknown path         |
sent api upstream                                | api.forward                   | call application        | Forwards the call                |
page                                             | page                          | quiet browser           | Asks for a page                  |
`;

const partsOfFollowing = /([=…~#!])([^=…~#!]+)/g;

function readLine(line: string): readonly [string, Wording] {
  const [key = '', name = '', sender = '', words = '', following = ''] = line
    .split('|')
    .map((cell) => cell.trim());
  const [kind = '', from = ''] = sender.split(' ');
  const follows = new Map(
    [...following.matchAll(partsOfFollowing)].map(([, mark = '', text = '']) => [mark, text.trim()]),
  );
  const isQuiet = kind === 'quiet';
  return [
    key,
    {
      name,
      kind: isQuiet ? 'call' : (kind as MessageKind),
      from: from as Lane,
      words,
      tries: follows.get('!') ?? words,
      done: follows.get('='),
      waits: follows.get('…'),
      gaveUp: follows.get('~'),
      pattern: follows.get('#') as JourneyPattern | undefined,
      isQuiet,
    },
  ];
}

const wordings = new Map(table.trim().split('\n').map(readLine));

/** The members of a message that its name implies: those of the first line of the table with this name. */
const implied = new Map(
  [...wordings.values()]
    .reverse()
    .map(({ name, kind, from, words }) => [name, { name, kind, from, words }] as const),
);
export const impliedBy = (name: string): Pick<Wording, 'kind' | 'from' | 'words'> | undefined =>
  implied.get(name);

function known(key: string): Wording {
  const found = wordings.get(key);
  if (!found) throw new Error(`no wording is called ${key}`);
  return found;
}
const page = known('page');

/** A request before its words are known. */
interface Worded {
  readonly lane: Lane;
  readonly method: string;
  readonly route: string;
  readonly grant?: string | undefined;
}

const beforeCis2Path =
  /^\/openam\/oauth2\/realms\/.*?(?=\/(?:authorize|access_token|userinfo|par|introspect|token|connect|\.well-known)\b)/;

/** Cuts what differs between installations: the realm of CIS2, the base path of an API or of an authorisation server. */
function shortRoute(route: string, lane: Lane): string {
  if (lane === 'cis2') return route.replace(beforeCis2Path, '');
  if (lane.startsWith('mock:')) return route.replace(/^.*\/protocol\/openid-connect(?=\/)/, '');
  if (lane === 'authorisation') return route.replace(/^\/oauth2[^/]*/, '');
  return lane.startsWith('api:') ? route.replace(/^.*?(?=\/Patient(?:\/|$))/, '') : route;
}

/** Pages, assets and monitoring. */
const surrounding = /^\/(?:assets\/|healthz$|readyz$|schemas\/|mock-jwks\/|favicon\.ico)|\/\.well-known\//;

export function wordingOf({ lane, method, route, grant }: Worded): Wording {
  if (surrounding.test(route)) return page;
  const area = /^(?:api|mock)(?=:)/.exec(lane)?.[0] ?? lane;
  const key = `${area} ${method === 'HEAD' ? 'GET' : method} ${shortRoute(route, lane)}`;
  const found = (grant === undefined ? undefined : wordings.get(`${key} ${grant}`)) ?? wordings.get(key);
  return found ?? (method === 'OPTIONS' ? page : (wordings.get(`${area} *`) ?? page));
}

/** Events that are messages themselves. */
export const wordingOfEvent = (name: string, step?: unknown): Wording | undefined =>
  wordings.get(`event ${name} ${step}`) ?? wordings.get(`event ${name}`);

/** The redirect to the application with which a request was answered. */
export const wordingOfReturn = (from: Lane, carries: 'code' | 'error' | 'nothing'): Wording =>
  wordings.get(`sent ${from} ${carries}`) ?? known(carries === 'error' ? 'sent * error' : 'sent * nothing');

/** The redirect to another provider at which the person signs in. */
export const wordingToProvider = (): Wording => known('sent cis2 provider');

/** The call of an API to its back end. */
export const wordingOfForwarding = (): Wording => known('sent api upstream');

/** Every wording, for the test of their form. */
export const everyWording = (): Wording[] => [...wordings.values()];
