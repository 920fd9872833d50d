import type { Answer } from '@alongside/kernel/answer';
import { type AuthenticationStrength, firstMet } from '../../model/acr.ts';
import { formOf } from '../../model/form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import type { AuthenticatorDependencies, AuthenticatorKind } from '../kind.ts';
import { local } from '../shared/local.ts';
import { personaPage } from './page.ts';
import { personaText as text } from './text.ts';

interface PersonaDependencies
  extends Pick<AuthenticatorDependencies, 'cis' | 'credentials' | 'completeSignIn' | 'development'> {
  /** Levels and methods of every other authenticator. */
  reaches: readonly AuthenticationStrength[];
}

/** Returns the level and method for the first requested class that any authenticator reaches. */
export function reachFor(
  reaches: readonly AuthenticationStrength[],
  requested: readonly string[],
): AuthenticationStrength {
  for (const value of requested) {
    const strength = reaches.find((one) => firstMet([value], one) !== undefined);
    if (strength) return strength;
  }
  throw new Error(`No authenticator reaches ${requested.join(' ')}.`);
}

/** Signs in as any user of the directory without proof, at the requested level. Throws outside development. */
export function persona({
  cis,
  credentials,
  completeSignIn,
  reaches,
  development,
}: PersonaDependencies): Authenticator {
  if (!development) throw new Error('Personas sign in only in development.');

  const show = async (
    context: Pick<AuthenticationContext, 'interaction' | 'client'>,
    unchosen: boolean,
  ): Promise<Answer> => {
    const people = (await cis.people()).filter(({ disabled }) => !disabled);
    const strength = reachFor(reaches, context.interaction.authorization.acr);
    return personaPage(context, people, strength, unchosen);
  };

  const takeForm = async (context: InteractionContext): Promise<Answer> => {
    const uid = formOf(context.request).get('uid');
    if (uid === undefined || !/^\d{1,20}$/.test(uid) || !(await cis.person(uid))) return show(context, true);
    const { level, methods } = reachFor(reaches, context.interaction.authorization.acr);
    const result = { authenticator: 'persona', uid, methods: [...methods], level, credentialId: null };
    return completeSignIn(context, result, []);
  };

  return {
    ...local('persona', credentials),
    label: text.label,
    hint: text.hint,
    offers: reaches,
    begin: (context) => show(context, false),
    usableBy: async () => true,
    routes: [{ method: 'POST', path: 'answer', run: takeForm }],
  };
}

/** Any user without proof, at any level that another kind reaches. */
export const personaKind: AuthenticatorKind = {
  only: 'development',
  reaches: [],
  create: (given) => ({ authenticators: [persona(given)] }),
};
