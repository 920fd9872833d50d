import type { Answer } from '@alongside/kernel/answer';
import type { SigningKeys } from '@alongside/kernel/keys';
import { unlike } from '../../../oauth/likeness.ts';
import type { Parameters } from '../../../oauth/parameters.ts';
import { responseErrors } from '../../errors/response.ts';
import type { AuthorizationRequest, ResponseMode } from '../../model/authorization-request.ts';
import type { RelyingParty } from '../../model/relying-party.ts';
import type { Reply } from '../../responses/reply.ts';
import { readIdTokenHint } from '../id-token-hint.ts';
import type { AuthorizationClaims } from './claims-parameter.ts';

/** The person that the client expects (OpenID Connect Core section 3.1.2.1), and whether a token of ours says so. The hint must be this client's own. */
export async function checkIdTokenHint({
  parameters,
  claims,
  client,
  reply,
  provider: { keys, issuer },
}: {
  parameters: Parameters;
  claims: AuthorizationClaims;
  client: RelyingParty;
  reply: Reply;
  provider: { issuer: string; keys: SigningKeys };
}): Promise<Answer | { subject: string | null; hinted: boolean }> {
  const token = parameters.get('id_token_hint');
  if (token === undefined) return { subject: claims.subject, hinted: false };
  const result = await readIdTokenHint(keys, issuer, token);
  if ('fault' in result) return reply.fail(responseErrors.hintInvalid(result.fault));
  const { hint } = result;
  if (hint.audience !== client.registration.clientId)
    return reply.fail(responseErrors.hintInvalid(unlike('aud', hint.audience, client.registration.clientId)));
  if (claims.subject !== null && claims.subject !== hint.sub)
    return reply.fail(
      responseErrors.claimsInvalid('the claims parameter means another person than id_token_hint'),
    );
  return { subject: hint.sub, hinted: true };
}

/** Puts together what was checked. Pages are in English and fit every `display`, so `ui_locales` and it change nothing, as unknown parameters do. */
export async function gatherRequest(known: {
  parameters: Parameters;
  client: RelyingParty;
  redirectUri: string;
  responseMode: ResponseMode;
  state: string | null;
  scope: string[];
  challenge: string | null;
  prompt: string[];
  maxAge: number | null;
  acr: string[];
  subject: string | null;
  claims: AuthorizationClaims;
  pushed: string | null;
  jkt: string | null;
}): Promise<{ authorization: AuthorizationRequest }> {
  const {
    parameters,
    client,
    redirectUri,
    responseMode,
    state,
    scope,
    challenge,
    prompt,
    maxAge,
    acr,
    subject,
    pushed,
    jkt,
  } = known;
  const { idToken, userinfo } = known.claims;
  return {
    authorization: {
      clientId: client.registration.clientId,
      redirectUri,
      responseMode,
      state,
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
    },
  };
}
