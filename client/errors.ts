import { ADVICE, oauthAdvice, TOKEN_ADVICE } from './advice.ts';

/** What went wrong, in one stable word; the message says it in a sentence for a person. */
export type ClientErrorCode = keyof typeof ADVICE;

/** What is known of a failure beside its code and message. Neither a token nor a secret nor patient data. */
export interface ErrorFacts extends ErrorOptions {
  /** What should have come. */
  expected?: string;
  /** What came instead. */
  received?: string;
  /** What to do next. */
  advice?: string;
}

/**
 * The root of every error that this library throws on purpose. Nothing of it carries a token, a secret or patient
 * data, so it may be logged whole: by `console.error`, as JSON, or by a logger.
 */
export class ClientError extends Error {
  /** Stable; decide by this, not by the message. */
  readonly code: ClientErrorCode;
  /** What should have come, where there is more to say than the message does. */
  declare readonly expected?: string;
  /** What came instead. */
  declare readonly received?: string;
  /** What to do next, in a sentence for the developer. */
  readonly advice: string;

  constructor(code: ClientErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ClientError';
    this.code = code;
    if (facts.expected !== undefined) this.expected = facts.expected;
    if (facts.received !== undefined) this.received = facts.received;
    this.advice = facts.advice ?? ADVICE[code];
  }

  /** For loggers: everything that is printed, and the message, which JSON would leave out. */
  toJSON(): Record<string, unknown> {
    const { name, message } = this;
    const shown: Record<string, unknown> = { name, message };
    return Object.assign(shown, this);
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

/** Which rule a token broke. */
export type TokenFault = keyof typeof TOKEN_ADVICE;

/** An ID token or a logout token that was refused; `fault` names the rule. */
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
