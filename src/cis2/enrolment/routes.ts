import { type Answer, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { CookieNames } from '@alongside/kernel/cookies';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { Vault } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credentials } from '../model/credentials.ts';
import { requireOwnPage } from '../responses/own-page.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { accountRoutes } from './account.ts';
import { createEnrolmentContext } from './context.ts';
import type { Enrolment, EnrolmentContext, Enrolments } from './enrolment.ts';
import { enrolmentErrors } from './errors.ts';
import { type EnrolmentLink, EnrolmentLinks } from './links.ts';
import type { Notices } from './notices.ts';
import { linkPage } from './pages/enrolment.ts';
import { enrolmentPath, PendingEnrolments } from './pending-enrolments.ts';

interface Parts {
  origin: string;
  database: Database;
  cis: CisClient;
  audit: AuditLog;
  notices: Notices;
  clock: Clock;
  credentials: Credentials;
  sessions: Sessions;
  links: EnrolmentLinks;
  pendingEnrolments: PendingEnrolments;
  enrolments: Enrolments;
  development: boolean;
}

interface Start {
  request: HttpRequest;
}

interface Linked extends Start {
  token: string;
  link: EnrolmentLink;
  enrolment: Enrolment;
  person: Person;
}

interface Sat extends Start {
  enrolment: Enrolment;
  context: EnrolmentContext;
}

const partOf = ({ path }: HttpRequest, index: number): string => path.split('/')[index] ?? '';

async function livePerson({ cis }: Parts, uid: string): Promise<Person> {
  const person = await cis.person(uid);
  if (!person || person.disabled)
    throw enrolmentErrors.enrolmentUnknown('the person is disabled or has left the directory');
  return person;
}

const findLink = (parts: Parts) =>
  async function findLink({ request }: Start): Promise<Omit<Linked, 'request'>> {
    const token = partOf(request, 2);
    const link = await parts.links.find(token);
    const enrolment = link && parts.enrolments.get(link.kind);
    if (!link || !enrolment) throw enrolmentErrors.linkUnknown('no link that lives has this token');
    return { token, link, enrolment, person: await livePerson(parts, link.uid) };
  };

const showLink = ({ development }: Parts) =>
  async function showLink({ request, enrolment, person }: Linked): Promise<Answer> {
    return linkPage({
      label: enrolment.label,
      hint: enrolment.hint,
      personName: person.displayName,
      action: request.path,
      development,
    });
  };

/** The link is used up when the person begins, so that whoever finds it afterwards finds nothing. */
const useLink = ({ database, links, pendingEnrolments }: Parts) =>
  async function useLink({ token, link }: Linked): Promise<Answer> {
    const { uid, kind, actor, expiresAt } = link;
    const begun = pendingEnrolments.prepare({ uid, kind, actor, expiresAt, sid: null, ceiling: 3 });
    const { done } = await database.batch([links.useStatement(token), begun.statement]);
    if (!done) throw enrolmentErrors.linkUnknown('it was used in this very moment');
    return redirect(enrolmentPath(begun.pending.id), 303, { 'set-cookie': begun.cookie });
  };

const sit = (parts: Parts) =>
  async function sit({ request }: Start): Promise<Pick<Sat, 'enrolment' | 'context'>> {
    const pending = await parts.pendingEnrolments.open(partOf(request, 2), request);
    const enrolment = pending && parts.enrolments.get(pending.kind);
    if (!pending || !enrolment)
      throw enrolmentErrors.enrolmentUnknown('no live one of this browser has this id');
    const person = await livePerson(parts, pending.uid);
    return { enrolment, context: createEnrolmentContext(parts, request, pending, person) };
  };

async function begin({ enrolment, context }: Sat): Promise<Answer> {
  return enrolment.begin(context);
}

/** Any other address of an enrolment is one of its kind's own. */
async function toKind({ request, enrolment, context }: Sat): Promise<Answer> {
  const path = partOf(request, 3);
  const known = enrolment.routes.find((route) => route.path === path && route.method === request.method);
  return known ? known.run(context) : redirect(context.path(''), 303);
}

/** Links of officers, and the pages of an enrolment for the browser that began it alone. */
function linkRoutes(parts: Parts): Route[] {
  const started = steps<Start>();
  const ownPage = started.step(requireOwnPage(parts.origin));
  const route = (
    method: 'GET' | 'POST',
    path: string,
    list: { run(start: Start): Promise<Answer> },
  ): Route => ({
    methods: [method],
    path,
    endpoint: (request) => list.run({ request }),
  });
  return [
    route('GET', '/enrol/:token', started.step(findLink(parts)).step(showLink(parts))),
    route('POST', '/enrol/:token', ownPage.step(findLink(parts)).step(useLink(parts))),
    route('GET', '/enrolment/:id', started.step(sit(parts)).step(begin)),
    route('GET', '/enrolment/:id/:page', started.step(sit(parts)).step(toKind)),
    route('POST', '/enrolment/:id/:page', ownPage.step(sit(parts)).step(toKind)),
  ];
}

type EnrolmentDependencies = Omit<
  Parts & Parameters<typeof accountRoutes>[0],
  'origin' | 'links' | 'pendingEnrolments'
> & {
  singleUse: SingleUse;
  cookies: CookieNames;
  vault: Vault;
  /** Whether users may change their authenticators at `/account`. */
  selfService?: boolean;
};

/** Links, the pages of an enrolment, and the user's own account. */
export function enrolmentRoutes(dependencies: EnrolmentDependencies): Route[] {
  const { issuer, singleUse, clock, cookies, vault, selfService = true } = dependencies;
  const parts = {
    ...dependencies,
    origin: new URL(issuer).origin,
    links: new EnrolmentLinks(singleUse, clock),
    pendingEnrolments: new PendingEnrolments(singleUse, clock, cookies, vault),
  };
  return [...linkRoutes(parts), ...(selfService ? accountRoutes(parts) : [])];
}
