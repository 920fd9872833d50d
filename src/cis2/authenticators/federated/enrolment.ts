import { type Answer, redirect } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import type { Enrolment, EnrolmentContext } from '../../enrolment/enrolment.ts';
import { labelOf } from '../../enrolment/label.ts';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import type { AuthenticatorDependencies } from '../kind.ts';
import type { Federation } from './federation.ts';
import type { FederatedBody } from './sign-in.ts';
import { federatedText } from './text.ts';
import { FederationProblem } from './upstream.ts';

interface EnrolmentDependencies
  extends Pick<AuthenticatorDependencies, 'credentials' | 'singleUse' | 'log' | 'development'> {
  federation: Federation;
}

const { problems, enrolment: text } = federatedText;

/** Creates the enrolment, which links an account by a sign-in there, never by an e-mail address. */
export function federatedEnrolment({
  federation,
  credentials,
  singleUse,
  log,
  development,
}: EnrolmentDependencies): Enrolment {
  const { id, label, issuer } = federation.upstream.provider;
  const named = (sentence: string) => filled(sentence, { provider: label });
  const within = ({ path }: EnrolmentContext) => path('').replace(/\/$/, '');

  const show = async ({ path }: EnrolmentContext, problem = ''): Promise<Answer> =>
    cis2Page(problem ? 400 : 200, {
      title: named(text.title),
      development,
      main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<p>${named(text.lead)}</p>
<p><a class="button" href="${path('go')}">${named(text.button)}</a></p>`,
    }).with(ownReferrer);

  /** Shows the page with the reason if `act` throws FederationProblem. */
  const orShow = async (context: EnrolmentContext, act: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FederationProblem)) throw error;
      log.info({ id: context.request.id, kind: id, detail: error.message }, 'a link was refused');
      return show(context, named(problems[error.problem]));
    }
  };

  const takeReturn = async (context: EnrolmentContext): Promise<Answer> => {
    const { lookup, name } = await federation.end(context.request, within(context));
    if ((await credentials.find(id, lookup)).length > 0) return show(context, named(text.taken));
    const body: FederatedBody = { issuer, name };
    return context.complete(
      { label: labelOf(name, label), lookup, body },
      // Of concurrent links of one account, one wins.
      {
        note: named(text.added),
        spends: [singleUse.claimStatement('cis2-federated-link', `${id} ${lookup}`, 900_000)],
      },
    );
  };

  return {
    kind: id,
    label,
    hint: named(federatedText.enrolmentHint),
    level: 2,
    begin: (context) => show(context),
    routes: [
      {
        method: 'GET',
        path: 'go',
        // The user signs in there again, to prove who owns the account.
        run: (context) =>
          orShow(context, async () => redirect(await federation.begin(within(context), true))),
      },
      { method: 'GET', path: 'return', run: (context) => orShow(context, () => takeReturn(context)) },
    ],
  };
}
