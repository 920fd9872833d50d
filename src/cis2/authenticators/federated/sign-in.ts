import { type Answer, redirect } from '@alongside/kernel/answer';
import { type Passed, steps } from '@alongside/kernel/steps';
import type { Credential } from '../../model/credentials.ts';
import { interactionPath } from '../../model/interactions.ts';
import type { AuthenticationContext, Authenticator } from '../../sign-in/authenticator.ts';
import { noteRefusedSignIn } from '../../sign-in/complete-sign-in.ts';
import { toPage } from '../../sign-in/finish.ts';
import type { InteractionContext } from '../../sign-in/open.ts';
import { filled } from '../../text/words.ts';
import { local } from '../shared/local.ts';
import {
  beginVisit,
  type Federation,
  type ReturnCall,
  type UpstreamChecks,
  verifyReturn,
} from './federation.ts';
import type { UpstreamPerson } from './id-token.ts';
import { federatedText as text } from './text.ts';
import { FederationProblem } from './upstream.ts';

/** The stored part of a linked account. */
export interface FederatedBody {
  issuer: string;
  /** The account's name when it was linked, for its owner. */
  name: string;
}

interface SignInCall extends InteractionContext, ReturnCall {}

interface WithAccount extends SignInCall {
  account: UpstreamPerson;
}

export const federatedStrength = { level: 2 as const, methods: ['NHSMAIL'] };

async function findLinked({ federation: { credentials, upstream }, account }: WithAccount) {
  const [credential] = await credentials.find<FederatedBody>(upstream.provider.id, account.lookup);
  if (!credential) throw new FederationProblem('unlinked', 'no user is linked to this account');
  return { credential };
}

function finish({
  federation: { completeSignIn, credentials, upstream },
  account,
  credential,
  ...context
}: WithAccount & { credential: Credential<FederatedBody> } & Passed<UpstreamChecks>): Promise<Answer> {
  const result = {
    authenticator: upstream.provider.id,
    uid: credential.uid,
    ...federatedStrength,
    credentialId: credential.id,
    personAt: account.authenticatedAt,
  };
  return completeSignIn(context, result, [credentials.useStatement(credential)]);
}

const returnSteps = steps<SignInCall>('cis2.federated-return')
  .use(verifyReturn)
  .step(findLinked)
  .step(finish);

/** A sign-in at an OpenID provider of another organisation. */
export function federatedAuthenticator(federation: Federation): Authenticator {
  const { credentials } = federation;
  const { id, label } = federation.upstream.provider;
  const within = ({ interaction }: Pick<AuthenticationContext, 'interaction'>) =>
    interactionPath(interaction.id, id);

  /** Returns to the choice page with the reason if `act` throws FederationProblem. */
  const orChoose = async (
    context: Pick<InteractionContext, 'request' | 'interaction'>,
    act: () => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FederationProblem)) throw error;
      const { request, interaction } = context;
      noteRefusedSignIn(federation, context, id, error.message);
      const message = filled(text.problems[error.problem], { provider: label });
      return toPage(federation, { request, interaction: { ...interaction, message } }, []);
    }
  };

  return {
    ...local(id, credentials),
    label,
    hint: filled(text.hint, { provider: label }),
    offers: [federatedStrength],
    begin: (context) =>
      orChoose(context, async () => {
        await federation.limitRows(context.request);
        const fresh = context.interaction.personSince !== null;
        return redirect(await beginVisit(federation, within(context), fresh));
      }),
    routes: [
      {
        method: 'GET',
        path: 'return',
        run: (context) =>
          orChoose(context, () => returnSteps.run({ ...context, federation, within: within(context) })),
      },
    ],
  };
}
