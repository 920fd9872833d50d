import type { Answer } from '@alongside/kernel/answer';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Vault } from '@alongside/kernel/secrets';
import { check, type Passed } from '@alongside/kernel/steps';
import { unlike } from '../../../oauth/check.ts';
import { onBehalfOfParameter, openName } from '../../../oauth/on-behalf-of.ts';
import type { Parameters } from '../../../oauth/parameters.ts';
import type { CheckedRequest } from '../../../oauth/server/request-checks.ts';
import { responseErrors } from '../../errors/response.ts';
import type { AuthorizationRequest, ResponseMode } from '../../model/authorization-request.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Reply } from '../../responses/authorization-response.ts';
import { readIdTokenHint } from '../id-token-hint.ts';
import type { AuthorizationClaims } from './claims-parameter.ts';

/** Reads the user that the client expects, and whether an ID token of this client names the same one (OpenID Connect Core section 3.1.2.1). */
export const checkIdTokenHint = check(
  'id-token-hint',
  async function checkIdTokenHint({
    parameters,
    claims,
    client: { registration },
    reply,
    provider: { keys, issuer },
  }: {
    parameters: Parameters;
    claims: AuthorizationClaims;
    client: RelyingParty;
    reply: Pick<Reply, 'fail'>;
    provider: { issuer: string; keys: SigningKeys };
  }): Promise<Answer | { subject: string | null; hinted: boolean }> {
    const token = parameters.get('id_token_hint');
    if (token === undefined) return { subject: claims.subject, hinted: false };
    const result = await readIdTokenHint(keys, issuer, token);
    if ('fault' in result) return reply.fail(responseErrors.hintInvalid(result.fault));
    const { hint } = result;
    if (hint.audience !== registration.clientId)
      return reply.fail(responseErrors.hintInvalid(unlike('aud', hint.audience, registration.clientId)));
    if (claims.subject !== null && claims.subject !== hint.sub)
      return reply.fail(
        responseErrors.claimsInvalid('the claims parameter names another user than id_token_hint'),
      );
    return { subject: hint.sub, hinted: true };
  },
);

type CheckedCall = CheckedRequest &
  Passed<'client' | 'pushed-request' | 'signed-request' | 'level' | 'id-token-hint'> &
  Omit<AuthorizationRequest, 'clientId' | 'nonce' | 'loginHint' | 'claims' | 'onBehalfOf'> & {
    parameters: Parameters;
    client: RelyingParty;
    responseMode: ResponseMode;
    claims: AuthorizationClaims;
    provider: { vault: Vault; platformClientId?: string };
  };

/** Returns the application that the platform names. No other client may name one. */
const namedBy = ({ parameters, client: { registration }, state, provider }: CheckedCall): string | null =>
  registration.clientId === provider.platformClientId
    ? openName(provider.vault, state, parameters.get(onBehalfOfParameter))
    : null;

/** Gathers the checked request. Ignores `ui_locales` and `display`: the pages are in English and fit every display. */
export function gatherRequest(call: CheckedCall): { authorization: AuthorizationRequest } {
  const { parameters, client, redirectUri, responseMode, state, journeyKey, scope, challenge } = call;
  const { prompt, maxAge, acr, subject, pushed, jkt } = call;
  const { idToken, userinfo } = call.claims;
  return {
    authorization: {
      clientId: client.registration.clientId,
      redirectUri,
      responseMode,
      state,
      journeyKey,
      nonce: parameters.get('nonce') ?? null,
      scope,
      challenge,
      prompt,
      maxAge,
      acr,
      subject,
      loginHint: parameters.get('login_hint') ?? null,
      claims: { idToken, userinfo },
      pushed,
      jkt,
      onBehalfOf: namedBy(call),
    },
  };
}
