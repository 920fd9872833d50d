/** The default advice for each error code of the library. */
const ADVICE = {
  settings_invalid: 'Correct the setting that the message names. Nothing was sent.',
  network: 'See that the address is right, the service runs, and a proxy or firewall lets the call through.',
  timeout: 'Try again; if it stays so, see whether the service is slow or a proxy holds the answer back.',
  aborted: 'Nothing: the signal that you gave ended it.',
  cancelled: 'Offer to sign in again: the person closed the window.',
  response_invalid:
    'See that the address is the right endpoint, and that nothing between changes its answers.',
  metadata_invalid:
    'See that the issuer is written as the service writes it, and look at the document yourself.',
  callback_invalid: 'Pass the whole address of the callback, and start the sign-in again.',
  transaction_invalid:
    'Keep the state of begin() in the web session, and give it to finish() of the same client.',
  transaction_expired: 'Start the sign-in again.',
  state_mismatch:
    'Start the sign-in again. If it happens often, check that the browser sends the session cookie with the callback.',
  issuer_mismatch:
    'Do not use the code. Set issuer exactly as the service writes it, or look for who mixes them up.',
  oauth: 'Read the error; the service has the details in its log.',
  id_token_invalid: 'Do not sign the person in.',
  logout_token_invalid: 'Answer 400 and end nothing.',
  subject_mismatch: 'Do not sign the person in: start the sign-in again.',
  authentication_too_old: 'Start a sign-in that asks for it: prompt login, or maxAge.',
  assurance_too_low:
    'Start a sign-in that asks for the level in acrValues, or tell the user which authenticator is needed.',
  sign_in_required: 'Sign the person in again: renewing is over.',
  browser_failed: 'See that the browser is installed and may be started; findBrowser() knows the usual ones.',
  ticket_invalid: 'Start the sign-in again.',
  nhs_number_invalid: 'Have the number entered again. Nothing was sent.',
  fhir: 'See errorCode and diagnostics; quote requestId to support.',
  agent_unreachable: 'Start the Identity Agent, or name its socket in socketPath.',
  agent_untrusted: 'See who owns the socket and its folder; name another one in socketPath.',
  agent_closed: 'Call again: the client reconnects. Call status, because events may be missing.',
  agent: 'See ticketError and group.',
} as const satisfies Record<string, string>;

/** Advice for each fault of a token. */
const TOKEN_ADVICE = {
  malformed: 'See that the whole token was handed over, unchanged.',
  algorithm: 'Set the algorithm to the one that is registered for the application.',
  key: "See that the key set's address is right. A provider with several keys has to name the one it used.",
  signature: 'See that issuer and key set are of the same service.',
  issuer: 'Set issuer exactly as the service writes it, port and all.',
  audience: 'Set clientId to the one that the token is issued to.',
  expired: 'Start again; if it happens at once, set the clock of this machine.',
  not_yet_valid: 'Set the clock of this machine, or raise toleranceSeconds.',
  nonce: 'Start the sign-in again.',
  access_token_hash: 'Start the sign-in again: the tokens do not belong together.',
  type: 'See which kind of token is handed over.',
  events: 'See which kind of token is handed over.',
  subject: 'Report it to who runs the provider.',
  replayed: 'Nothing: it has been acted on.',
  claim: 'Report it to who runs the provider.',
} as const satisfies Record<string, string>;

/** Advice for errors of an authorisation server. // RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6 */
const OAUTH_ADVICE: Readonly<Record<string, string>> = {
  access_denied: 'Tell the user that the sign-in was refused, and offer to try again.',
  invalid_client:
    'See that client id, secret, or key and its kid are the registered ones, of this environment.',
  invalid_grant:
    'Start the sign-in again: the code, refresh token or ID token is used, too old, or not of this client.',
  invalid_request: 'See the description: a parameter is missing or wrong.',
  invalid_scope: "Ask only for scopes that the application's products have.",
  unauthorized_client: 'Have the application registered for this grant and this API.',
  login_required: 'Start a sign-in that may show pages: without prompt none.',
  interaction_required: 'Start a sign-in that may show pages: without prompt none.',
  temporarily_unavailable: 'Try again in a while.',
  server_error: 'Try again in a while.',
  'public_key error': 'Register the public half of this key, which publicKeySet returns, under its kid.',
};

/** Advice for the published descriptions of frequent mistakes, which share one code. */
const DESCRIPTION_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/'exp' claim in client_assertion/, 'Set the clock of this machine.'],
  [/'kid' header in client_assertion/, 'Set kid to that of the registered public key.'],
  [
    /'iss'\/'sub' claims in client_assertion/,
    'Set clientId to that of the application, in this environment.',
  ],
  [/^redirect_uri is invalid/, 'Register exactly this redirectUri as a callback address of the application.'],
];

/** Returns advice for an OAuth error, with the server's message id. */
function oauthAdvice({ error, description = '', status = 0, messageId }: OAuthErrorDetails): string {
  const busy = status === 429 || status >= 500;
  const [, known] = DESCRIPTION_ADVICE.find(([text]) => text.test(description)) ?? [];
  const own = known ?? (Object.hasOwn(OAUTH_ADVICE, error) ? OAUTH_ADVICE[error] : undefined);
  const advice =
    status === 404
      ? 'Correct the address of the endpoint: there is none at it.'
      : (own ?? (busy ? OAUTH_ADVICE.temporarily_unavailable : ADVICE.oauth));
  return messageId === undefined
    ? `${advice}`
    : `${advice} Quote ${messageId} to support; at Alongside: npx alongside explain ${messageId}.`;
}

/** A stable code; the message explains it in a sentence. */
export type ClientErrorCode = keyof typeof ADVICE;

/** Additional facts of a failure. Never a token, a secret or patient data. */
export interface ErrorFacts extends ErrorOptions {
  /** Expected value. */
  expected?: string;
  /** Received value. */
  received?: string;
  /** Advice for the developer. */
  advice?: string;
}

/**
 * The base class of all errors that this library throws. They contain no token, secret or patient data, so they may be logged
 * with `console.error`, as JSON, or by a logger.
 */
export class ClientError extends Error {
  /** Stable; decide by this, not by the message. */
  readonly code: ClientErrorCode;
  /** Expected value, if the message does not contain it. */
  declare readonly expected?: string;
  /** Received value. */
  declare readonly received?: string;
  /** Advice for the developer, in one sentence. */
  readonly advice: string;

  constructor(code: ClientErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ClientError';
    this.code = code;
    if (facts.expected !== undefined) this.expected = facts.expected;
    if (facts.received !== undefined) this.received = facts.received;
    this.advice = facts.advice ?? ADVICE[code];
  }

  /** Returns all printable members and the message, which JSON would omit. */
  toJSON(): Record<string, unknown> {
    const { name, message } = this;
    const shown: Record<string, unknown> = { name, message };
    return Object.assign(shown, this);
  }
}

/** The error response of an authorisation server. */
export interface OAuthErrorDetails {
  /** The `error` member, for example `invalid_grant` (RFC 6749 sections 4.1.2.1 and 5.2). */
  error: string;
  /** The `error_description` member. */
  description?: string;
  /** HTTP status; undefined if the error was sent through the browser. */
  status?: number;
  /** The API platform's id of the failed request. Quote it to support. */
  messageId?: string;
}

/** An error response of an authorisation server or OpenID provider. */
export class OAuthError extends ClientError {
  readonly error: string;
  readonly description: string | undefined;
  readonly status: number | undefined;
  readonly messageId: string | undefined;

  constructor(details: OAuthErrorDetails) {
    const { error, description, status, messageId } = details;
    super('oauth', description ? `${error}: ${description}` : error, {
      received: status === undefined ? 'an error through the browser' : `status ${status}`,
      advice: oauthAdvice(details),
    });
    this.name = 'OAuthError';
    this.error = error;
    this.description = description;
    this.status = status;
    this.messageId = messageId;
  }
}

/** The rule that a token broke. */
export type TokenFault = keyof typeof TOKEN_ADVICE;

/** A refused ID token or logout token; `fault` names the broken rule. */
export class TokenError extends ClientError {
  readonly fault: TokenFault;

  constructor(
    code: 'id_token_invalid' | 'logout_token_invalid',
    fault: TokenFault,
    message: string,
    facts: ErrorFacts = {},
  ) {
    super(code, message, { ...facts, advice: facts.advice ?? `${ADVICE[code]} ${TOKEN_ADVICE[fault]}` });
    this.name = 'TokenError';
    this.fault = fault;
  }
}
