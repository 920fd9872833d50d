import { type AssuranceLevel, couldMeet } from '../../model/acr.ts';
import type { Authenticator } from '../../sign-in/authenticator.ts';
import { local } from '../shared/local.ts';
import { answerSteps } from './answer.ts';
import { type WebAuthnBody, type WebAuthnKind, webAuthnMethods } from './kind.ts';
import { levelAtBest } from './policy.ts';
import { showSignIn, type WebAuthnParts } from './sign-in-page.ts';

/** One way to sign in by WebAuthn. */
export function webAuthn(kind: WebAuthnKind, parts: WebAuthnParts): Authenticator {
  const { ceremony } = parts;
  const { credentials, policy } = ceremony;
  const reached = (level: AssuranceLevel) => ({ level, methods: webAuthnMethods });
  const answer = answerSteps(parts, kind);
  return {
    ...local(credentials),
    id: kind.id,
    label: kind.label,
    hint: kind.hint,
    offers: kind.best(policy) === 3 ? [reached(3), reached(2)] : [reached(2)],
    begin: (context) => showSignIn(parts, kind, context),
    async usableBy(uid, acr) {
      const own = await credentials.of<WebAuthnBody>(uid, kind.id);
      return own.some(({ body }) => couldMeet(acr, [reached(levelAtBest(kind, body, policy))]));
    },
    routes: [{ method: 'POST', path: 'answer', run: (context) => answer.run(context) }],
  };
}
