import type { Answer } from '@alongside/kernel/answer';
import { type AuthenticationStrength, firstMet } from '../../model/acr.ts';
import type { CisClient } from '../../model/cis-client.ts';
import type { Credentials } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { words } from '../../text/words.ts';
import type { AuthenticatorKind } from '../kind.ts';
import { local } from '../shared/local.ts';
import { personaPage } from './page.ts';

interface Parts {
  cis: CisClient;
  credentials: Credentials;
  completeSignIn: CompleteSignIn;
  /** Levels and methods of every other authenticator. */
  reaches: readonly AuthenticationStrength[];
  development: boolean;
}

/** Returns the level and method for the first requested class that any authenticator reaches. */
export function reachFor(
  reaches: readonly AuthenticationStrength[],
  asked: readonly string[],
): AuthenticationStrength {
  for (const value of asked) {
    const reached = reaches.find((one) => firstMet([value], one) !== undefined);
    if (reached) return reached;
  }
  throw new Error(`Nothing reaches ${asked.join(' ')}.`);
}

/** Somebody of the directory without any proof, at whatever level is asked for. Development only: throws elsewhere. */
export function persona({ cis, credentials, completeSignIn, reaches, development }: Parts): Authenticator {
  if (!development) throw new Error('Nobody signs in as anybody outside development.');
  const show = async (
    { interaction, client }: Pick<AuthenticationContext, 'interaction' | 'client'>,
    problem: boolean,
  ) => {
    const people = (await cis.people()).filter(({ disabled }) => !disabled);
    const applicationName = client.application.name;
    return personaPage(
      { interaction, applicationName, problem },
      people,
      reachFor(reaches, interaction.authorization.acr),
    );
  };
  const answer = async (context: InteractionContext): Promise<Answer> => {
    const uid = formOf(context.request).get('uid');
    if (uid === undefined || !/^\d{1,20}$/.test(uid) || !(await cis.person(uid))) return show(context, true);
    const { level, methods } = reachFor(reaches, context.interaction.authorization.acr);
    const result = { authenticator: 'persona', uid, methods: [...methods], level, credentialId: null };
    return completeSignIn(context, result, []);
  };
  return {
    ...local(credentials),
    id: 'persona',
    ...words.ways.persona,
    offers: reaches,
    begin: (context) => show(context, false),
    usableBy: async () => true,
    routes: [{ method: 'POST', path: 'answer', run: answer }],
  };
}

/** Any user without proof, at any level that another kind reaches. */
export const personaKind: AuthenticatorKind = {
  only: 'development',
  reaches: [],
  create: (dependencies) => ({ authenticators: [persona(dependencies)] }),
};
