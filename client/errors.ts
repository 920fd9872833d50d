/** What went wrong, in one stable word; the message says it in a sentence for a person. */
export type ClientErrorCode =
  | 'settings_invalid'
  | 'network'
  | 'timeout'
  | 'aborted'
  | 'cancelled'
  | 'response_invalid'
  | 'metadata_invalid'
  | 'callback_invalid'
  | 'transaction_invalid'
  | 'transaction_expired'
  | 'state_mismatch'
  | 'issuer_mismatch'
  | 'oauth'
  | 'id_token_invalid'
  | 'logout_token_invalid'
  | 'subject_mismatch'
  | 'authentication_too_old'
  | 'assurance_too_low'
  | 'sign_in_required'
  | 'browser_failed'
  | 'ticket_invalid'
  | 'nhs_number_invalid'
  | 'fhir'
  | 'agent_unreachable'
  | 'agent_untrusted'
  | 'agent_closed'
  | 'agent';

/** The root of every error that this library throws on purpose. Messages never carry a token or a secret. */
export class ClientError extends Error {
  /** Stable; decide by this, not by the message. */
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClientError';
    this.code = code;
  }
}

/** What an authorisation server said, as it said it. */
export interface OAuthErrorDetails {
  /** The `error` member, for example `invalid_grant` (RFC 6749 sections 4.1.2.1 and 5.2). */
  error: string;
  /** The `error_description` member. */
  description?: string;
  /** HTTP status; undefined when the error came back through the browser. */
  status?: number;
  /** The API platform's own id of the failed request: quote it to support. */
  messageId?: string;
}

/** An error answer of an authorisation server or OpenID provider. */
export class OAuthError extends ClientError {
  readonly error: string;
  readonly description: string | undefined;
  readonly status: number | undefined;
  readonly messageId: string | undefined;

  constructor(details: OAuthErrorDetails) {
    super('oauth', details.description ? `${details.error}: ${details.description}` : details.error);
    this.name = 'OAuthError';
    this.error = details.error;
    this.description = details.description;
    this.status = details.status;
    this.messageId = details.messageId;
  }
}

/** Which rule a token broke. */
export type TokenFault =
  | 'malformed'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not_yet_valid'
  | 'nonce'
  | 'access_token_hash'
  | 'type'
  | 'events'
  | 'subject'
  | 'replayed'
  | 'claim';

/** An ID token or a logout token that was refused; `fault` names the rule. */
export class TokenError extends ClientError {
  readonly fault: TokenFault;

  constructor(
    code: 'id_token_invalid' | 'logout_token_invalid',
    fault: TokenFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.name = 'TokenError';
    this.fault = fault;
  }
}
