import { ADVICE, oauthAdvice, TOKEN_ADVICE } from './advice.ts';

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
      advice: oauthAdvice(error, status, messageId),
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
