import { type Answer, redirect } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import type { Log } from '@alongside/kernel/log';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Enrolment, EnrolmentContext } from '../../enrolment/enrolment.ts';
import { labelOf } from '../../enrolment/label.ts';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import type { Credentials } from '../../model/credentials.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import type { Federation } from './federation.ts';
import type { FederatedBody } from './sign-in.ts';
import { FederationProblem } from './upstream.ts';

/** Before a person signs in elsewhere so that the account there is linked. */
function linkAccountPage({
  provider,
  go,
  problem,
  development,
}: {
  provider: string;
  go: string;
  /** Why the page comes again; empty at first. */
  problem: string;
  development: boolean;
}): Answer {
  const say = (sentence: string) => filled(sentence, { provider });
  return cis2Page(problem ? 400 : 200, {
    title: say(says.title),
    development,
    main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<p>${say(says.lead)}</p>
<p><a class="button" href="${go}">${say(says.button)}</a></p>`,
  }).with(ownReferrer);
}

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
