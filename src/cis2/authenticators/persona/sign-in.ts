import type { Answer } from '@alongside/kernel/answer';
import { firstMet, type Reached } from '../../model/acr.ts';
import type { CisClient } from '../../model/cis-client.ts';
import type { Credentials } from '../../model/credentials.ts';
import { formOf } from '../../model/form.ts';
import type { Authenticator, Sitting } from '../../sign-in/authenticator.ts';
import type { Bring } from '../../sign-in/bring.ts';
import type { Opened } from '../../sign-in/open.ts';
import { words } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import { personaPage } from './page.ts';

interface Parts {
  cis: CisClient;
  credentials: Credentials;
  bring: Bring;
  development: boolean;
}

/** Everything that any way to sign in can reach: the first that meets what is asked is what it counts as. */
const reaches: readonly Reached[] = [
  { level: 3, methods: ['N3_SMARTCARD'] },
  { level: 3, methods: ['CIS2_SMARTCARD'] },
  { level: 3, methods: ['FIDO2'] },
  { level: 3, methods: ['IOS'] },
  { level: 2, methods: ['TOTP'] },
  { level: 2, methods: ['NHSMAIL'] },
  { level: 1, methods: ['USERPASS'] },
];

/** What a sign-in counts as for these classes: the one that is asked for first. */
export function reachFor(asked: readonly string[]): Reached {
  for (const value of asked) {
    const reached = reaches.find((one) => firstMet([value], one) !== undefined);
    if (reached) return reached;
  }
  throw new Error(`Nothing reaches ${asked.join(' ')}.`);
}

/** Somebody of the directory without any proof, at whatever level is asked for. Development only: throws elsewhere. */
export function persona({ cis, credentials, bring, development }: Parts): Authenticator {
  if (!development) throw new Error('Nobody signs in as anybody outside development.');
  const show = async ({ interaction, party }: Pick<Sitting, 'interaction' | 'party'>, problem: boolean) => {
    const people = (await cis.people()).filter(({ disabled }) => !disabled);
    const applicationName = party.application.name;
    return personaPage(
      { interaction, applicationName, problem },
      people,
      reachFor(interaction.authorization.acr),
    );
  };
  const answer = async (opened: Opened): Promise<Answer> => {
    const uid = formOf(opened.request).get('uid');
    if (uid === undefined || !/^\d{1,20}$/.test(uid) || !(await cis.person(uid))) return show(opened, true);
    const { level, methods } = reachFor(opened.interaction.authorization.acr);
    const brought = { authenticator: 'persona', uid, methods: [...methods], level, credentialId: null };
    return bring(opened, brought, []);
  };
  return {
    ...local(credentials),
    id: 'persona',
    ...words.ways.persona,
    offers: reaches,
    begin: (sitting) => show(sitting, false),
    usableBy: async () => true,
    routes: [{ method: 'POST', path: 'answer', run: answer }],
  };
}
