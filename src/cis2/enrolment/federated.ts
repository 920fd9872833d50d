import { type Answer, redirect } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import type { Log } from '@alongside/kernel/log';
import type { SingleUse } from '../../storage/single-use.ts';
import type { Credentials } from '../authenticators/credentials.ts';
import type { Federation } from '../authenticators/federated/federation.ts';
import { FederationProblem } from '../authenticators/federated/problem.ts';
import type { FederatedBody } from '../authenticators/federated.ts';
import { ownReferrer } from '../pages/enrolment.ts';
import { federatedSentences } from '../pages/federated-text.ts';
import { serviceName } from '../pages/text.ts';
import { filled } from '../pages/webauthn-text.ts';
import type { Enrolment, EnrolmentSitting } from './enrolment.ts';
import { labelOf } from './label.ts';

interface Parts {
  federation: Federation;
  credentials: Credentials;
  singleUse: SingleUse;
  log: Log;
  development: boolean;
}

const { enrolment: words } = federatedSentences;

/** How a person's account at another provider is linked: by signing in there, never by an e-mail address. */
export function federatedEnrolment(parts: Parts): Enrolment {
  const { federation, credentials, singleUse, log, development } = parts;
  const { id, label, issuer } = federation.upstream.provider;
  const say = (sentence: string) => filled(sentence, { provider: label });
  const within = ({ path }: EnrolmentSitting) => path('').replace(/\/$/, '');

  const show = async ({ path }: EnrolmentSitting, problem = ''): Promise<Answer> =>
    framedPage(problem ? 400 : 200, {
      title: say(words.title),
      service: serviceName,
      development,
      main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<p>${say(words.lead)}</p>
<p><a class="button" href="${path('go')}">${say(words.button)}</a></p>`,
    }).with(ownReferrer);

  const guarded = async (sitting: EnrolmentSitting, act: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FederationProblem)) throw error;
      log.info({ id: sitting.request.id, kind: id, detail: error.message }, 'a link was refused');
      return show(sitting, say(federatedSentences[error.sentence]));
    }
  };

  const take = async (sitting: EnrolmentSitting): Promise<Answer> => {
    const { lookup, name } = await federation.end(sitting.request, within(sitting));
    if ((await credentials.find(id, lookup)).length > 0) return show(sitting, say(words.taken));
    const body: FederatedBody = { issuer, name };
    return sitting.complete(
      { label: labelOf(name, label), lookup, body },
      // Two people who link one account in the same moment: one wins.
      {
        note: say(words.added),
        spends: [singleUse.claiming('cis2-federated-link', `${id} ${lookup}`, 900_000)],
      },
    );
  };

  return {
    kind: id,
    label,
    hint: `An account at ${label}.`,
    level: 2,
    begin: (sitting) => show(sitting),
    routes: [
      {
        method: 'GET',
        path: 'go',
        // Whoever links an account shows now that it is theirs.
        run: (sitting) =>
          guarded(sitting, async () => redirect(await federation.begin(within(sitting), true))),
      },
      { method: 'GET', path: 'return', run: (sitting) => guarded(sitting, () => take(sitting)) },
    ],
  };
}
