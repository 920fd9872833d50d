import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Database } from '../../../storage/database.ts';
import type { Credentials } from '../../model/credentials.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import type { Authenticator, Sitting } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { Opened } from '../../sign-in/open.ts';
import { noteRefusedSignIn } from '../../sign-in/refused.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import type { Federation } from './federation.ts';
import { FederationProblem } from './problem.ts';

/** What is kept of an account at another provider, beside what it is found by. */
export interface FederatedBody {
  issuer: string;
  /** As it was when it was linked: for people to recognise it. */
  name: string;
}

interface Parts {
  federation: Federation;
  database: Database;
  interactions: Interactions;
  credentials: Credentials;
  audit: AuditLog;
  recorder: Recorder;
  log: Log;
  completeSignIn: CompleteSignIn;
  limitRows: LimitRows;
}

/** Level 2, by a provider. */
export const federatedReached = { level: 2 as const, methods: ['NHSMAIL'] };

/** Returns to the choice with a message. */
async function back(
  parts: Parts,
  opened: Pick<Opened, 'request' | 'interaction'>,
  { sentence, message: detail }: FederationProblem,
): Promise<Answer> {
  const { request, interaction } = opened;
  const { id, label } = parts.federation.upstream.provider;
  noteRefusedSignIn(parts, opened, id, detail);
  const message = filled(words.federated.problems[sentence], { provider: label });
  return toPage(parts, { request, interaction: { ...interaction, message } }, []);
}

/** A sign-in at an OpenID provider of others, assurance level 2. */
export function federated(parts: Parts): Authenticator {
  const { federation, credentials, completeSignIn } = parts;
  const { id, label } = federation.upstream.provider;
  const within = ({ interaction }: Pick<Sitting, 'interaction'>) => interactionPath(interaction.id, id);

  const guarded = async (opened: Pick<Opened, 'request' | 'interaction'>, act: () => Promise<Answer>) => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof FederationProblem) return back(parts, opened, error);
      throw error;
    }
  };

  const takeReturn = async (opened: Opened): Promise<Answer> => {
    const person = await federation.end(opened.request, within(opened));
    const credential = (await credentials.find<FederatedBody>(id, person.lookup))[0];
    if (!credential) throw new FederationProblem('unlinked', 'nobody is linked to this account');
    const result = {
      authenticator: id,
      uid: credential.uid,
      ...federatedReached,
      credentialId: credential.id,
      personAt: person.authenticatedAt,
    };
    return completeSignIn(opened, result, [credentials.using(credential)]);
  };

  return {
    ...local(credentials),
    id,
    label,
    hint: filled(words.ways.federated.hint, { provider: label }),
    offers: [federatedReached],
    begin: (sitting) =>
      guarded(sitting, async () => {
        await parts.limitRows(sitting.request);
        return redirect(await federation.begin(within(sitting), sitting.interaction.personSince !== null));
      }),
    usableBy: async (uid) => (await credentials.of(uid, id)).length > 0,
    routes: [{ method: 'GET', path: 'return', run: (opened) => guarded(opened, () => takeReturn(opened)) }],
  };
}
