import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Log } from '@alongside/kernel/log';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Enrolment, EnrolmentContext } from '../../enrolment/enrolment.ts';
import { labelOf } from '../../enrolment/label.ts';
import type { Credentials } from '../../model/credentials.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import type { Federation } from './federation.ts';
import { linkAccountPage } from './page.ts';
import { FederationProblem } from './problem.ts';
import type { FederatedBody } from './sign-in.ts';

interface Parts {
  federation: Federation;
  credentials: Credentials;
  singleUse: SingleUse;
  log: Log;
  development: boolean;
}

const { problems, enrolment: says } = words.federated;

/** How a person's account at another provider is linked: by signing in there, never by an e-mail address. */
export function federatedEnrolment(parts: Parts): Enrolment {
  const { federation, credentials, singleUse, log, development } = parts;
  const { id, label, issuer } = federation.upstream.provider;
  const say = (sentence: string) => filled(sentence, { provider: label });
  const within = ({ path }: EnrolmentContext) => path('').replace(/\/$/, '');

  const show = async ({ path }: EnrolmentContext, problem = ''): Promise<Answer> =>
    linkAccountPage({ provider: label, go: path('go'), problem, development });

  const guarded = async (context: EnrolmentContext, act: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FederationProblem)) throw error;
      log.info({ id: context.request.id, kind: id, detail: error.message }, 'a link was refused');
      return show(context, say(problems[error.sentence]));
    }
  };

  const take = async (context: EnrolmentContext): Promise<Answer> => {
    const { lookup, name } = await federation.end(context.request, within(context));
    if ((await credentials.find(id, lookup)).length > 0) return show(context, say(says.taken));
    const body: FederatedBody = { issuer, name };
    return context.complete(
      { label: labelOf(name, label), lookup, body },
      // Two people who link one account in the same moment: one wins.
      {
        note: say(says.added),
        spends: [singleUse.claimStatement('cis2-federated-link', `${id} ${lookup}`, 900_000)],
      },
    );
  };

  return {
    kind: id,
    label,
    hint: say(words.ways.federated.enrolmentHint),
    level: 2,
    begin: (context) => show(context),
    routes: [
      {
        method: 'GET',
        path: 'go',
        // Whoever links an account shows now that it is theirs.
        run: (context) =>
          guarded(context, async () => redirect(await federation.begin(within(context), true))),
      },
      { method: 'GET', path: 'return', run: (context) => guarded(context, () => take(context)) },
    ],
  };
}
