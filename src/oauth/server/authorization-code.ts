import { timeAt } from '@alongside/kernel/clock';
import { check, type Passed } from '@alongside/kernel/steps';
import type { Statement } from '../../storage/database.ts';
import type { SpentValue } from '../../storage/single-use.ts';
import { verifierFits } from '../pkce.ts';
import type { WithBatch } from '../request-batch.ts';
import { rulesOf } from './profile.ts';
import { isRegisteredRedirect } from './request-checks.ts';
import type { AuthorizationServer, ClientCall, Family, WithClient } from './server.ts';

// The authorization code grant, as far as it is the same for every server (RFC 6749 section 4.1.3).

/** The members of a stored code that its redemption is checked against. */
export interface CodeGrant extends Family {
  clientId: string;
  redirectUri: string;
  /** S256 challenge of the authorization request. */
  challenge: string | null;
  /** Thumbprint of the key that must redeem the code (RFC 9449 section 10); absent in codes of earlier versions. */
  jkt?: string | null;
  /** The span that issued the code; absent without traces. */
  trace?: string | undefined;
}

interface CodeStore<G extends CodeGrant> {
  find(code: string): Promise<SpentValue<G> | undefined>;
  spendStatement(code: string): Statement;
}

type CodeCall<G extends CodeGrant = CodeGrant> = ClientCall &
  WithClient & { readonly server: AuthorizationServer & { readonly codes: CodeStore<G> } };

/** A code that the client may redeem. */
export interface WithCode<G extends CodeGrant = CodeGrant> {
  readonly code: string;
  readonly granted: G;
}

export function readCode({ server, parameters }: ClientCall): { code: string } {
  const code = parameters.get('code');
  if (code === undefined) throw server.errors.codeMissing('code is missing');
  return { code };
}

/**
 * Finds a code of the client that is neither used nor expired. A used code ends the tokens that it was redeemed for, unless the
 * same client repeats itself at once after a lost response, where its profile allows that (RFC 6749 section 4.1.2).
 */
export const findCode = check('code', async function findCode<
  G extends CodeGrant,
>({ server, request, client, batch, code }: CodeCall<G> & WithBatch & { code: string } & Passed<'client-authentication'>): Promise<{
  granted: G;
}> {
  const { codes, clock, errors, tokens } = server;
  const found = await codes.find(code);
  if (!found) throw errors.codeInvalid('the code is unknown');
  const { payload: granted, usedAt, expiresAt } = found;
  request.activity?.trace?.link(granted.trace);
  const now = clock.now();
  const isOwn = granted.clientId === client.registration.clientId;
  if (usedAt !== null) {
    const age = now - usedAt;
    const { codeRetryTime: retryTime } = rulesOf(server, client.registration);
    const repeats = isOwn && retryTime > 0 && age <= retryTime;
    const revokes = server.revokesReusedCodes && !repeats;
    if (revokes) {
      await batch.settle();
      await tokens.revokeFamily(granted.family, server.revocationStatement(granted, 'code-reused'));
    }
    throw errors.codeInvalid(
      `the code was used at ${timeAt(usedAt, now)}${revokes ? '; its tokens are revoked' : ''}`,
    );
  }
  if (expiresAt <= now) throw errors.codeInvalid(`the code expired at ${timeAt(expiresAt, now)}`);
  if (!isOwn) throw errors.codeInvalid(`the code was issued to ${granted.clientId}`);
  return { granted };
});

/** Requires the `redirect_uri` of the authorization request, which must still be registered. */
export const checkCodeRedirectUri = check(
  'code-redirect-uri',
  function checkCodeRedirectUri({
    server,
    parameters,
    client,
    granted,
  }: ClientCall & WithClient & WithCode): void {
    const redirectUri = parameters.get('redirect_uri');
    if (redirectUri !== granted.redirectUri)
      throw server.errors.codeInvalid(
        `redirect_uri is ${redirectUri ?? 'missing'}, expected is ${granted.redirectUri}`,
      );
    if (!isRegisteredRedirect(server, client, redirectUri))
      throw server.errors.codeInvalid(`${redirectUri} is no longer registered`);
  },
);

/** PKCE both ways: a challenge needs its verifier, a verifier needs its challenge (RFC 9700 section 4.8). */
export const checkVerifier = check(
  'code-verifier',
  function checkVerifier({ server, parameters, granted }: ClientCall & WithCode): void {
    const verifier = parameters.get('code_verifier');
    if (granted.challenge === null) {
      if (verifier !== undefined)
        throw server.errors.codeInvalid('there is a code_verifier, the request had no code_challenge');
    } else if (!verifierFits(verifier, granted.challenge)) {
      throw server.errors.codeInvalid(
        `code_verifier ${verifier === undefined ? 'is missing' : 'does not fit'}`,
      );
    }
  },
);

/** Requires a proof of the key that the code is bound to (RFC 9449 section 10). */
export const checkCodeKey = check(
  'code-key',
  function checkCodeKey({ server, jkt, granted }: ClientCall & WithCode & { jkt: string | null }): void {
    const expected = granted.jkt ?? null;
    if (expected !== null && jkt !== expected)
      throw server.errors.dpopProofInvalid(`the code is bound to ${expected}, proven is ${jkt ?? 'none'}`);
  },
);

/** The checks of a code, for steps that issue its tokens. */
export type CheckedCode = Passed<'code' | 'code-redirect-uri' | 'code-verifier' | 'code-key'>;

/** Spends the code and writes its tokens in one batch, so any number of requests issue tokens once. */
export async function redeemCode(
  { server, batch, code }: CodeCall & WithBatch & WithCode & CheckedCode,
  writes: readonly Statement[],
): Promise<void> {
  if (!(await batch.commit([server.codes.spendStatement(code), ...writes])))
    throw server.errors.codeInvalid(
      'another request redeemed the code, or its session ended, at the same time',
    );
}
