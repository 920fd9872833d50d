import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Recorder } from '@alongside/kernel/events';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Database } from '../../../storage/database.ts';
import type { Credentials } from '../../model/credentials.ts';
import { type Interactions, interactionPath } from '../../model/interactions.ts';
import type { LimitRows } from '../../model/limit-rows.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import type { CompleteSignIn } from '../../sign-in/complete-sign-in.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { noteRefusedSignIn } from '../../sign-in/refused.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import type { Federation } from './federation.ts';
import { FederationProblem } from './upstream.ts';

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
export const federatedStrength = { level: 2 as const, methods: ['NHSMAIL'] };

/** Returns to the choice with a message. */
async function back(
  parts: Parts,
  context: Pick<InteractionContext, 'request' | 'interaction'>,
  { sentence, message: detail }: FederationProblem,
): Promise<Answer> {
  const { request, interaction } = context;
  const { id, label } = parts.federation.upstream.provider;
  noteRefusedSignIn(parts, context, id, detail);
  const message = filled(words.federated.problems[sentence], { provider: label });
  return toPage(parts, { request, interaction: { ...interaction, message } }, []);
}

/** A sign-in at an OpenID provider of others, assurance level 2. */
export function federated(parts: Parts): Authenticator {
  const { federation, credentials, completeSignIn } = parts;
  const { id, label } = federation.upstream.provider;
  const within = ({ interaction }: Pick<AuthenticationContext, 'interaction'>) =>
    interactionPath(interaction.id, id);

  const guarded = async (
    context: Pick<InteractionContext, 'request' | 'interaction'>,
    act: () => Promise<Answer>,
  ) => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof FederationProblem) return back(parts, context, error);
      throw error;
    }
  };

  const takeReturn = async (context: InteractionContext): Promise<Answer> => {
    const person = await federation.end(context.request, within(context));
    const credential = (await credentials.find<FederatedBody>(id, person.lookup))[0];
    if (!credential) throw new FederationProblem('unlinked', 'nobody is linked to this account');
    const result = {
      authenticator: id,
      uid: credential.uid,
      ...federatedStrength,
      credentialId: credential.id,
      personAt: person.authenticatedAt,
    };
    return completeSignIn(context, result, [credentials.useStatement(credential)]);
  };

  return {
    ...local(credentials),
    id,
    label,
    hint: filled(words.ways.federated.hint, { provider: label }),
    offers: [federatedStrength],
    begin: (context) =>
      guarded(context, async () => {
        await parts.limitRows(context.request);
        return redirect(await federation.begin(within(context), context.interaction.personSince !== null));
      }),
    usableBy: async (uid) => (await credentials.of(uid, id)).length > 0,
    routes: [
      { method: 'GET', path: 'return', run: (context) => guarded(context, () => takeReturn(context)) },
    ],
  };
}
