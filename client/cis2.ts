import type { Assurance } from './assurance.ts';
import {
  assuranceOf,
  checkAssurance,
  checkAuthenticationTime,
  levelClaims,
  requestedLevel,
} from './assurance.ts';
import type { CallbackInput } from './callback.ts';
import { checkCallback, readCallback } from './callback.ts';
import type { ClientAuthentication } from './client-authentication.ts';
import { authenticationParts, checkAuthentication } from './client-authentication.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { Begun } from './combined.ts';
import type { ProviderEndpoints } from './config.ts';
import { checkedSeconds, checkedText, checkedUrl, withQuery } from './config.ts';
import { ClientError } from './errors.ts';
import type { Abortable, Fetch } from './http.ts';
import type { IdTokenClaims } from './id-token.ts';
import { verifyIdToken } from './id-token.ts';
import type { SigningAlgorithm } from './keys.ts';
import { checkedAlgorithm } from './keys.ts';
import { logoutUrl } from './logout.ts';
import { createProofKey } from './proof-key.ts';
import { createProvider } from './provider.ts';
import { createRemoteKeys } from './remote-keys.ts';
import { printedWithout, randomToken } from './secrets.ts';
import { requestTokens } from './token-endpoint.ts';
import { TokenSet } from './tokens.ts';
import { packTransaction, unpackTransaction } from './transaction.ts';
import type { Userinfo } from './userinfo.ts';
import { requestUserinfo, verifyUserinfo } from './userinfo.ts';

/** The settings of an application at CIS2. */
export interface Cis2Settings {
  /** Exactly as CIS2 writes it, including an explicit `:443`: it is compared byte for byte. */
  issuer: string;
  /** The addresses, to avoid discovery; `cis2At(issuer)` returns them. */
  endpoints?: ProviderEndpoints | undefined;
  clientId: string;
  /** The registered callback address, exactly. */
  redirectUri: string;
  authentication: ClientAuthentication;
  /** `openid` by default; `openid nationalrbacaccess` to get roles. Request only what you need. */
  scope?: string | undefined;
  /** The registered ID token algorithm; RS256 by default. */
  idTokenAlg?: SigningAlgorithm | undefined;
  /** Other audiences that an ID token may have, next to `clientId`; none by default. */
  trustedAudiences?: readonly string[] | undefined;
  /** `auto` (the default) uses PKCE if the metadata lists S256. */
  pkce?: boolean | 'auto' | undefined;
  /** Minimum authentication level; by default the level of `acrValues`, or 3. */
  minimumAuthenticationLevel?: number | undefined;
  /** Minimum identity level; 3 by default. */
  minimumIdentityLevel?: number | undefined;
  /** Allowed clock difference; 30 seconds by default. */
  toleranceSeconds?: number | undefined;
  fetch?: Fetch | undefined;
  clock?: Clock | undefined;
}

/** Options of one sign-in. */
export interface Cis2SignInOptions extends Abortable {
  /** For example `AAL2_OR_AAL3_ANY`. */
  acrValues?: string | undefined;
  /** `login` makes the user authenticate again, `none` forbids any page. */
  prompt?: 'login' | 'none' | undefined;
  /** Oldest acceptable authentication, in seconds. */
  maxAge?: number | undefined;
  /** With `selected`, CIS2 asks a user with several roles to choose one; with `changed`, it asks again. */
  role?: 'selected' | 'changed' | undefined;
}

/** A verified sign-in. */
export interface Cis2SignIn extends Assurance {
  /** The tokens of CIS2, including the verified ID token. */
  tokens: TokenSet;
  /** The user's uid. */
  subject: string;
  claims: IdTokenClaims;
  /** The selected role, if any. */
  selectedRoleId?: string;
}

/** Signs users of an application in at CIS2. */
export interface Cis2 {
  begin(options?: Cis2SignInOptions): Promise<Begun>;
  /**
   * Finishes a sign-in. Throws `state_mismatch`, `issuer_mismatch`, `transaction_invalid`, `transaction_expired`,
   * `callback_invalid`, `authentication_too_old`, `assurance_too_low`, `OAuthError`, or `TokenError`.
   */
  finish(callback: CallbackInput, state: string, options?: Abortable): Promise<Cis2SignIn>;
  /** Returns claims about the user. Throws `subject_mismatch` if the response is about another user. */
  userinfo(signIn: Pick<Cis2SignIn, 'tokens' | 'subject'>, options?: Abortable): Promise<Userinfo>;
  /** Returns CIS2's `end_session_endpoint`; undefined if its metadata does not have one. */
  signOutUrl(
    tokens: TokenSet,
    options?: { postLogoutRedirectUri?: string | undefined; state?: string | undefined } & Abortable,
  ): Promise<string | undefined>;
}

const ROLE_SCOPES = { selected: 'selectedrole', changed: 'changedrole' } as const;

/** Creates a client for sign-in at CIS2. Validates the settings: throws `settings_invalid` with the name of the setting. */
export function createCis2(settings: Cis2Settings): Cis2 {
  const fetcher = settings.fetch ?? fetch;
  const clock = settings.clock ?? systemClock;
  const issuer = checkedUrl('issuer', settings.issuer);
  const clientId = checkedText('clientId', settings.clientId);
  const redirectUri = checkedUrl('redirectUri', settings.redirectUri);
  const alg = checkedAlgorithm('idTokenAlg', settings.idTokenAlg ?? 'RS256');
  const toleranceSeconds = checkedSeconds('toleranceSeconds', settings.toleranceSeconds ?? 30, 300);
  checkAuthentication(settings.authentication);
  const provider = createProvider({ ...settings, issuer, fetch: fetcher, clock });
  const keys = createRemoteKeys({
    url: async (signal) => (await provider(signal)).jwksUrl,
    fetch: fetcher,
    clock,
  });

  async function redeem(code: string, verifier: string | undefined, signal: AbortSignal | undefined) {
    const { tokenUrl } = await provider(signal);
    const own = await authenticationParts(settings.authentication, { clientId, tokenUrl, clock });
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...own.form,
    };
    const answer = await requestTokens({
      tokenUrl,
      form,
      headers: own.headers,
      fetch: fetcher,
      clock,
      signal,
    });
    if (answer.idToken === undefined)
      throw new ClientError('response_invalid', 'The answer has no ID token.', {
        expected: 'a member id_token, as the scope has openid',
        advice:
          'See that the setting scope has openid, and that tokenUrl is that of CIS2, not of the platform.',
      });
    return { tokens: answer.tokens, idToken: answer.idToken };
  }

  const minimumOf = (requested: number | undefined) => ({
    authenticationLevel: settings.minimumAuthenticationLevel ?? requested ?? 3,
    identityLevel: settings.minimumIdentityLevel ?? 3,
  });

  return {
    async begin(options = {}) {
      const to = await provider(options.signal);
      if (!to.pkce && settings.authentication.method === 'none')
        throw new ClientError(
          'metadata_invalid',
          'The provider does not offer proof keys (S256); a public client needs them.',
        );
      const state = randomToken();
      const nonce = randomToken();
      const proof = to.pkce ? createProofKey() : undefined;
      const scope = [settings.scope ?? 'openid', options.role && ROLE_SCOPES[options.role]]
        .filter(Boolean)
        .join(' ');
      const level = requestedLevel(options.acrValues);
      const url = withQuery(to.authorizeUrl, {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        acr_values: options.acrValues,
        prompt: options.prompt,
        max_age: options.maxAge?.toString(),
        claims: to.takesClaims ? levelClaims(minimumOf(level)) : undefined,
        code_challenge: proof?.challenge,
        code_challenge_method: proof && 'S256',
      });
      const packed = packTransaction({
        kind: 'cis2',
        state,
        startedAt: clock.now(),
        verifier: proof?.verifier,
        nonce,
        maxAge: options.maxAge,
        fresh: options.prompt === 'login',
        level,
      });
      return printedWithout({ url, state: packed }, 'state');
    },

    async finish(callback, state, { signal } = {}) {
      const transaction = unpackTransaction('cis2', state, clock);
      const { issuerInAnswer } = await provider(signal);
      const code = checkCallback(readCallback(callback), {
        state: transaction.state,
        issuer,
        issuerRequired: issuerInAnswer,
      });
      const { tokens, idToken } = await redeem(code, transaction.verifier, signal);
      const { nonce } = transaction;
      const { accessToken } = tokens;
      const { trustedAudiences } = settings;
      const toUs = { issuer, clientId, trustedAudiences, nonce, accessToken };
      const expected = { ...toUs, alg, keys: keys(signal), clock, toleranceSeconds };
      const claims = await verifyIdToken(idToken, expected);
      checkAuthenticationTime(claims, transaction, toleranceSeconds);
      const assurance = assuranceOf(claims);
      checkAssurance(assurance, minimumOf(transaction.level));
      return {
        ...assurance,
        tokens: new TokenSet({ ...tokens.reveal(), idToken, sid: text(claims.sid) }),
        subject: claims.sub,
        claims,
        selectedRoleId: text(claims.selected_roleid),
      };
    },

    async userinfo({ tokens, subject }, { signal } = {}) {
      const { userinfoUrl } = await provider(signal);
      const verifySigned = (jwt: string) =>
        verifyUserinfo(jwt, { issuer, clientId, keys: keys(signal), alg, clock, toleranceSeconds });
      const { accessToken } = tokens;
      const userinfo = await requestUserinfo({
        userinfoUrl,
        accessToken,
        fetch: fetcher,
        signal,
        verifySigned,
      });
      // OpenID Connect Core 1.0 section 5.3.2
      if (userinfo.sub !== subject)
        throw new ClientError(
          'subject_mismatch',
          'The userinfo answer is about another person than the ID token.',
        );
      return userinfo;
    },

    async signOutUrl(tokens, { signal, ...options } = {}) {
      const { endSessionUrl } = await provider(signal);
      if (endSessionUrl === undefined) return undefined;
      return logoutUrl({ endSessionUrl, idTokenHint: tokens.idToken, clientId, ...options });
    },
  };
}

// A provider may leave a claim empty or use another type than published.
function text(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}
