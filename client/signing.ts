import { type Clock, systemClock } from './clock.ts';
import { checkedText, checkedToken, checkedUrl, withoutSlash } from './config.ts';
import { ClientError } from './errors.ts';
import type { AccessTokens } from './fresh.ts';
import { type Abortable, type Fetch, type HttpAnswer, jsonObject, send, unlessAborted } from './http.ts';
import { compactJws } from './jws.ts';
import { readSigningKey, type SigningKey } from './keys.ts';
import { misfit } from './shape.ts';
import { oauthErrorOf } from './token-endpoint.ts';

/** A document to sign. */
export interface SigningPayload {
  /** Different in every request, so that no two requests are the same. */
  id: string;
  /** Base64 of the bytes to sign: `digest` of `$prepare` as it is. */
  payload: string;
}

/** The settings of the Digital Signature Service. */
export interface SigningSettings {
  /** For example `https://int.api.service.nhs.uk/signing-service`; also the audience of requests. */
  baseUrl: string;
  /** The user's access token, the result of `keepFresh`, or a function that returns a token for each call. */
  token: string | Pick<AccessTokens, 'freshToken'> | (() => Promise<string>);
  /** Signs requests with RS512: RSA of at least 4096 bits, with its registered `kid`. */
  signingKey: SigningKey;
  /** The API key of the application. */
  clientId: string;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

export interface SigningRequest extends Abortable {
  /** 1 to 250 documents. */
  payloads: readonly SigningPayload[];
  /** RSA with SHA-256 by default; RS1 is SHA-1. */
  algorithm?: 'RS256' | 'RS1' | undefined;
  /** Returned with the browser. */
  state?: string | undefined;
  /** SDS user id (uid) of the user who signs: the one of the access token. */
  subject: string;
}

/** A request that waits for the user. */
export interface StartedSigning {
  token: string;
  /** Open it in the user's browser. The browser returns to the registered address with `token` and `state`. */
  redirectUri: string;
}

export interface SignedPayloads {
  /** Base64, under the ids of the payloads. */
  signatures: { id: string; signature: string }[];
  /** DER in base64, the same for all. */
  certificate: string;
}

/** Signs documents in the name of the user. Both throw `OAuthError` with the error of the service, `network`, `timeout` or `aborted`. */
export interface Signing {
  /** Sends documents to sign. */
  request(request: SigningRequest): Promise<StartedSigning>;
  /** Fetches the signatures after the browser has returned. It may be repeated. Throws `access_denied` if the user declined. */
  result(token: string, options?: Abortable): Promise<SignedPayloads>;
}

/** Seconds for which a request is valid; the service refuses more than 600. */
const LIFETIME_SECONDS = 300;
/** 250 signatures by RSA-4096 with their ids. */
const MAX_BYTES = 2_097_152;

/** Creates a client of the Digital Signature Service. Throws `settings_invalid` with the name of the setting. */
export function createSigning(settings: SigningSettings): Signing {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const baseUrl = withoutSlash(checkedUrl('baseUrl', settings.baseUrl));
  const clientId = checkedText('clientId', settings.clientId);
  const { kid, sign } = readSigningKey('signingKey', settings.signingKey, 'RS512');
  const { token } = settings;

  async function freshToken(): Promise<string> {
    if (typeof token === 'string') return token;
    return typeof token === 'function' ? token() : token.freshToken();
  }

  async function call(
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const bearer = checkedToken('token', await unlessAborted(signal, freshToken));
    const answer = await send(fetcher, {
      url: baseUrl + path,
      publicUrl: `${baseUrl}/...`,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'x-request-id': crypto.randomUUID(),
        'x-correlation-id': crypto.randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'text/plain' }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
      maxBytes: MAX_BYTES,
    });
    if (answer.status !== 200) throw oauthErrorOf(answer, jsonObject(answer), [bearer]);
    return answer;
  }

  return {
    async request({ payloads, algorithm = 'RS256', state, subject, signal }) {
      const iat = Math.floor(clock.now() / 1000);
      const claims = {
        iss: clientId,
        sub: checkedText('subject', subject),
        aud: baseUrl,
        iat,
        exp: iat + LIFETIME_SECONDS,
        payloads,
        algorithm,
      };
      const jws = await compactJws({ alg: 'RS512', kid, typ: 'JWT' }, claims, sign);
      const query = state === undefined ? '' : `?state=${encodeURIComponent(state)}`;
      const answer = await call(`/signaturerequest${query}`, jws, signal);
      return answered(answer, { token: 'text', redirectUri: 'text' });
    },
    async result(requestToken, { signal } = {}) {
      const path = `/signatureresponse/${encodeURIComponent(checkedText('token', requestToken))}`;
      const answer = await call(path, undefined, signal);
      return answered(answer, { signatures: [{ id: 'text', signature: 'text' }], certificate: 'text' });
    },
  };
}

type Members<S> = { [M in keyof S]: S[M] extends 'text' ? string : { id: string; signature: string }[] };

/** Returns the members of an answer. Throws `response_invalid` if one is missing or of another type. */
function answered<const S extends Record<string, 'text' | [{ id: 'text'; signature: 'text' }]>>(
  answer: HttpAnswer,
  shape: S,
): Members<S> {
  const body = jsonObject(answer);
  const missing = Object.keys(shape).find((name) => body?.[name] === undefined) ?? misfit(body, shape);
  if (missing === undefined) return body as Members<S>;
  throw new ClientError('response_invalid', 'The signing service answered with another document.', {
    expected: `${missing} as documented`,
    advice: 'See that baseUrl is the address of the signing service.',
  });
}
