import { checkCallback, readCallback } from './callback.ts';
import {
  authenticationParts,
  type ClientAuthentication,
  checkAuthentication,
} from './client-authentication.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Begun, Combined } from './combined.ts';
import { checkedObject, checkedText, checkedUrl, withQuery } from './config.ts';
import { ClientError } from './errors.ts';
import { type Abortable, type Fetch, jsonObject, send } from './http.ts';
import { createDpop, type DpopKey } from './keys.ts';
import { authorizationServerMetadataUrl, createMetadata } from './metadata.ts';
import { createProofKey } from './proof-key.ts';
import { onceEach, refreshTokens } from './refresh.ts';
import { printedWithout, randomToken } from './secrets.ts';
import { oauthErrorOf, requestTokens } from './token-endpoint.ts';
import { packTransaction, unpackTransaction } from './transaction.ts';

/** The settings of an application at a server of the FAPI 2.0 security profile. */
export interface Fapi2Settings {
  /** The authorisation server, compared byte for byte; its metadata is fetched (RFC 8414). */
  issuer: string;
  clientId: string;
  /** The registered callback address, exactly. */
  redirectUri: string;
  /** Authenticates the application by a signed JWT with PS256 or ES256, or by mutual TLS through `fetch`. */
  authentication: Extract<ClientAuthentication, { method: 'private_key_jwt' }>;
  /** Binds the tokens to a key (DPoP). Pass the same key to `createApi`. */
  dpop: DpopKey;
  scope?: string | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** Sign-in with pushed requests and bound tokens, for web applications with a back end. */
export interface Fapi2 extends Pick<Combined, 'finish' | 'refresh'> {
  /** Pushes the request to the server (PAR), and returns the address for the browser. */
  begin(options?: { acrValues?: string } & Abortable): Promise<Begun>;
}

/**
 * Creates a client of the FAPI 2.0 security profile: pushed requests (RFC 9126), PKCE, a signed client assertion, DPoP (RFC 9449),
 * and the issuer in the response (RFC 9207). Throws `settings_invalid` with the name of the setting.
 */
export function createFapi2(settings: Fapi2Settings): Fapi2 {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const issuer = checkedUrl('issuer', settings.issuer);
  const clientId = checkedText('clientId', settings.clientId);
  const redirectUri = checkedUrl('redirectUri', settings.redirectUri);
  // FAPI 2.0 section 5.3.3.1: the audience is the issuer alone.
  const given = checkedObject('authentication', settings.authentication);
  const authentication = { ...given, audience: given.audience ?? issuer };
  checkAuthentication(authentication);
  const dpop = createDpop(checkedObject('dpop', settings.dpop), clock);
  const url = authorizationServerMetadataUrl(issuer);
  const metadata = createMetadata({ issuer, url, fetch: fetcher, clock });
  const authenticated = async (tokenUrl: string) =>
    (await authenticationParts(authentication, { clientId, tokenUrl, clock })).form;

  async function push(parameters: Record<string, string | undefined>, signal?: AbortSignal): Promise<string> {
    const { token_endpoint, pushed_authorization_request_endpoint: url } = await metadata(signal);
    if (url === undefined)
      throw new ClientError('metadata_invalid', 'The server does not offer pushed requests (PAR).');
    const answer = await dpop.send({ method: 'POST', url }, async (proof) => {
      const body = new URLSearchParams(await authenticated(token_endpoint));
      for (const [name, value] of Object.entries(parameters)) if (value !== undefined) body.set(name, value);
      return send(fetcher, { url, method: 'POST', headers: { dpop: proof }, body, signal });
    });
    const found = jsonObject(answer);
    const { request_uri: uri } = found ?? {};
    if (answer.status !== 201) throw oauthErrorOf(answer, found, []);
    if (typeof uri !== 'string' || uri.length > 2048)
      throw new ClientError('response_invalid', 'The answer to the pushed request has no request_uri.');
    return uri;
  }

  return {
    async begin({ acrValues, signal } = {}) {
      const state = randomToken();
      const { verifier, challenge } = createProofKey();
      const parameters = {
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: settings.scope,
        state,
        acr_values: acrValues,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      };
      const request_uri = await push(parameters, signal);
      const { authorization_endpoint } = await metadata(signal);
      const address = withQuery(authorization_endpoint, { client_id: clientId, request_uri });
      const transaction = { kind: 'fapi2', state, startedAt: clock.now(), verifier } as const;
      return printedWithout({ url: address, state: packTransaction(transaction) }, 'state');
    },

    async finish(callback, state, { signal } = {}) {
      const transaction = unpackTransaction('fapi2', state, clock);
      const { token_endpoint: tokenUrl } = await metadata(signal);
      const code = checkCallback(readCallback(callback), {
        state: transaction.state,
        issuer,
        issuerRequired: true,
      });
      const form = async () => ({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: transaction.verifier,
        ...(await authenticated(tokenUrl)),
      });
      return (await requestTokens({ tokenUrl, form, dpop, fetch: fetcher, clock, signal })).tokens;
    },

    refresh: onceEach(async (tokens) => {
      const { token_endpoint: tokenUrl } = await metadata();
      const authentication = () => authenticated(tokenUrl);
      return refreshTokens({ tokenUrl, clientId, authentication, dpop, fetch: fetcher, clock }, tokens);
    }, clock),
  };
}
