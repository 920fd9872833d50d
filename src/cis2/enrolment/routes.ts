import { type Answer, redirect } from '@alongside/kernel/answer';
import type { CookieNames } from '@alongside/kernel/cookies';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route, withSecrets } from '@alongside/kernel/route';
import type { Vault } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import { errorPage, handlersOf } from '../responses/error-answers.ts';
import { checkSameOrigin } from '../responses/own-form.ts';
import { accountRoutes } from './account.ts';
import type { Enrolment, EnrolmentContext, PendingEnrolment } from './enrolment.ts';
import { enrolmentErrors } from './errors.ts';
import { enrolledPage, linkPage } from './pages/enrolment.ts';
import {
  type EnrolmentLink,
  EnrolmentLinks,
  enrolmentPath,
  PendingEnrolments,
} from './pending-enrolments.ts';
import type { EnrolmentServices, Start } from './services.ts';

/** Returns the context of one request, for the routes of its kind. */
function createEnrolmentContext(
  { database, pendingEnrolments, credentials, sessions, audit, notices, development }: EnrolmentServices,
  request: HttpRequest,
  pending: PendingEnrolment,
  person: Person,
): EnrolmentContext {
  const { id, uid, kind, actor, sid } = pending;
  return {
    request,
    pending,
    person,
    path: (part) => enrolmentPath(id, part),
    async keep(value) {
      if (!(await pendingEnrolments.keep(pending, value)))
        throw enrolmentErrors.enrolmentUnknown('it was completed meanwhile');
    },
    async complete(draft, { note = '', spends = [] } = {}) {
      const added = credentials.prepare({ ...draft, uid, kind });
      const { done } = await database.batch([
        ...spends,
        pendingEnrolments.endStatement(pending),
        // On the account page, the session must still be live.
        ...(sid === null ? [] : [sessions.requireLiveStatement(sid)]),
        added.statement,
        notices.postStatement(uid, 'added', draft.label),
        audit.recordStatement({
          actor,
          action: 'authenticator.add',
          target: uid,
          outcome: 'ok',
          detail: { kind, credential: added.id },
        }),
      ]);
      if (!done) throw enrolmentErrors.enrolmentUnknown('it was completed before, or the session has ended');
      notices.begin();
      const ownAccount = sid !== null;
      const others = ownAccount ? await sessions.othersOf(uid, sid) : [];
      const answer = enrolledPage({
        label: draft.label,
        note,
        ownAccount,
        others: others.length,
        development,
      });
      return answer.with({ 'set-cookie': pendingEnrolments.clearedCookie(pending) });
    },
  };
}

interface LinkContext {
  link: EnrolmentLink;
  enrolment: Enrolment;
  person: Person;
}

type Token = { token: string };
type Id = { id: string };

async function findPerson({ cis }: EnrolmentServices, uid: string): Promise<Person> {
  const person = await cis.person(uid);
  if (!person || person.disabled)
    throw enrolmentErrors.enrolmentUnknown('the person is disabled or has left the directory');
  return person;
}

async function findLink({ request, provider }: Start<Token>): Promise<LinkContext> {
  const link = await provider.links.find(request.params.token);
  const enrolment = link && provider.enrolments.get(link.kind);
  if (!link || !enrolment) throw enrolmentErrors.linkUnknown('no live link has this token');
  return { link, enrolment, person: await findPerson(provider, link.uid) };
}

async function showLink({ request, provider, enrolment, person }: Start & LinkContext): Promise<Answer> {
  return linkPage({
    label: enrolment.label,
    hint: enrolment.hint,
    personName: person.displayName,
    action: request.path,
    development: provider.development,
  });
}

/** Uses up the link when the person begins, so that it is worthless to anyone who finds it later. */
async function useLink({
  request,
  provider: { database, links, pendingEnrolments },
  link: { uid, kind, actor, expiresAt },
}: Start<Token> & LinkContext & Passed<'same-origin'>): Promise<Answer> {
  const begun = pendingEnrolments.prepare({ uid, kind, actor, expiresAt, sid: null, ceiling: 3 });
  const { done } = await database.batch([links.useStatement(request.params.token), begun.statement]);
  if (!done) throw enrolmentErrors.linkUnknown('it was used at the same time');
  return redirect(enrolmentPath(begun.pending.id), 303, { 'set-cookie': begun.cookie });
}

interface FoundEnrolment {
  enrolment: Enrolment;
  context: EnrolmentContext;
}

const findEnrolment = check(
  'browser',
  async function findEnrolment({ request, provider }: Start<Id>): Promise<FoundEnrolment> {
    const pending = await provider.pendingEnrolments.open(request.params.id, request);
    const enrolment = pending && provider.enrolments.get(pending.kind);
    if (!pending || !enrolment)
      throw enrolmentErrors.enrolmentUnknown('no live enrolment of this browser has this id');
    const person = await findPerson(provider, pending.uid);
    return { enrolment, context: createEnrolmentContext(provider, request, pending, person) };
  },
);

async function beginEnrolment({ enrolment, context }: FoundEnrolment & Passed<'browser'>): Promise<Answer> {
  return enrolment.begin(context);
}

async function callKind(
  { request, enrolment, context }: Start<{ page: string }> & FoundEnrolment,
  method: 'GET' | 'POST',
): Promise<Answer> {
  const { page } = request.params;
  const found = enrolment.routes.find((one) => one.path === page && one.method === method);
  return found ? found.run(context) : redirect(context.path(''), 303);
}

type KindContext = Start<{ page: string }> & FoundEnrolment & Passed<'browser'>;

const getFromKind = (context: KindContext): Promise<Answer> => callKind(context, 'GET');
const postToKind = (context: KindContext & Passed<'same-origin'>): Promise<Answer> =>
  callKind(context, 'POST');

const link = steps<Start<Token>>('cis2.enrolment-link').step(findLink).step(showLink);
const useOfLink = steps<Start<Token>>('cis2.enrolment-link-use')
  .step(checkSameOrigin)
  .step(findLink)
  .step(useLink);
const begin = steps<Start<Id>>('cis2.enrolment').step(findEnrolment).step(beginEnrolment);
const page = steps<Start<Id & { page: string }>>('cis2.enrolment-page').step(findEnrolment).step(getFromKind);
const posted = steps<Start<Id & { page: string }>>('cis2.enrolment-form')
  .step(checkSameOrigin)
  .step(findEnrolment)
  .step(postToKind);

type EnrolmentDependencies = Omit<EnrolmentServices, 'origin' | 'links' | 'pendingEnrolments'> & {
  singleUse: SingleUse;
  cookies: CookieNames;
  vault: Vault;
  /** Whether users may change their authenticators at `/account`. */
  selfService?: boolean;
};

/** Officers' links, the pages of an enrolment for the browser that began it, and the user's own account. */
export function enrolmentRoutes(dependencies: EnrolmentDependencies): Route[] {
  const { issuer, singleUse, clock, cookies, vault, selfService = true, development } = dependencies;
  const provider = {
    ...dependencies,
    origin: new URL(issuer).origin,
    links: new EnrolmentLinks(singleUse, clock),
    pendingEnrolments: new PendingEnrolments(singleUse, clock, cookies, vault),
  };
  const errors = errorPage(development);
  const handler = handlersOf(provider, errors);
  return [
    ...withSecrets('bodies', [
      ...route('/enrol/:token', { GET: handler(link), POST: handler(useOfLink) }),
      ...route('/enrolment/:id', { GET: handler(begin) }),
      ...route('/enrolment/:id/:page', { GET: handler(page), POST: handler(posted) }),
      ...(selfService ? accountRoutes(provider, errors) : []),
    ]),
  ];
}
