import { type Answer, redirect } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { type Passed, steps } from '@alongside/kernel/steps';
import { type Enrolment, type EnrolmentContext, labelOf } from '../../enrolment/enrolment.ts';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled } from '../../text/words.ts';
import {
  beginVisit,
  type Federation,
  type ReturnCall,
  type UpstreamChecks,
  verifyReturn,
} from './federation.ts';
import type { UpstreamPerson } from './id-token.ts';
import type { FederatedBody } from './sign-in.ts';
import { federatedText } from './text.ts';
import { FederationProblem } from './upstream.ts';

interface EnrolmentCall extends ReturnCall {
  context: EnrolmentContext;
}

const { problems, enrolment: text } = federatedText;

const named = ({ upstream }: Federation, sentence: string): string =>
  filled(sentence, { provider: upstream.provider.label });

async function show(federation: Federation, { path }: EnrolmentContext, problem = ''): Promise<Answer> {
  return cis2Page(problem ? 400 : 200, {
    title: named(federation, text.title),
    development: federation.development,
    main: html`${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
<p>${named(federation, text.lead)}</p>
<p><a class="button" href="${path('go')}">${named(federation, text.button)}</a></p>`,
  }).with(ownReferrer);
}

async function link({
  federation,
  context,
  account: { lookup, name },
}: EnrolmentCall & { account: UpstreamPerson } & Passed<UpstreamChecks>): Promise<Answer> {
  const { credentials, singleUse, upstream } = federation;
  const { id, label, issuer } = upstream.provider;
  if ((await credentials.find(id, lookup)).length > 0)
    return show(federation, context, named(federation, text.taken));
  const body: FederatedBody = { issuer, name };
  return context.complete(
    { label: labelOf(name, label), lookup, body },
    // Of concurrent links of one account, one wins.
    {
      note: named(federation, text.added),
      spends: [singleUse.claimStatement('cis2-federated-link', `${id} ${lookup}`, 900_000)],
    },
  );
}

const returnSteps = steps<EnrolmentCall>('cis2.federated-enrolment').use(verifyReturn).step(link);

/** Creates the enrolment, which links an account by a sign-in there, never by an e-mail address. */
export function federatedEnrolment(federation: Federation): Enrolment {
  const { id, label } = federation.upstream.provider;
  const within = ({ path }: EnrolmentContext) => path('').replace(/\/$/, '');

  /** Shows the page with the reason if `act` throws FederationProblem. */
  const orShow = async (context: EnrolmentContext, act: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FederationProblem)) throw error;
      federation.log.info({ id: context.request.id, kind: id, detail: error.message }, 'a link was refused');
      return show(federation, context, named(federation, problems[error.problem]));
    }
  };

  return {
    kind: id,
    label,
    hint: named(federation, federatedText.enrolmentHint),
    level: 2,
    begin: (context) => show(federation, context),
    routes: [
      {
        method: 'GET',
        path: 'go',
        // The user signs in there again, to prove who owns the account.
        run: (context) =>
          orShow(context, async () => redirect(await beginVisit(federation, within(context), true))),
      },
      {
        method: 'GET',
        path: 'return',
        run: (context) => {
          const { request } = context;
          const call = { federation, context, request, within: within(context) };
          return orShow(context, () => returnSteps.run(call));
        },
      },
    ],
  };
}
