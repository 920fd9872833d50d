import { type CardsAnswer, type PeopleAnswer, paths } from '../../../cis/protocol.ts';
import { consolePaths, type SessionsAnswer } from '../../../cis2/protocol.ts';
import { currentCaller, hasRole } from '../../model/administrators/admission.ts';
import type { AdmittedRoles } from '../../model/administrators/roles.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { orNull } from '../../model/neighbour.ts';
import { checked, type ExplainKind, type Finding, type Link, unchecked } from '../finding.ts';
import { linkTo } from '../registered.ts';
import { refusalFinding, stepLink } from './errors.ts';

/** Finds the newest act at the desk that was refused with an error: the Identity Agent refuses a card or a PIN without a request. */
async function actRefused(error: string, { journeys }: ConsoleContext): Promise<Link | undefined> {
  if (!error.startsWith('identity-agent.')) return undefined;
  const atDesk = await journeys.list({ pattern: 'desk' });
  // One that succeeded in the end has its wrong PIN too.
  for (const { id, failedStep } of atDesk.journeys) {
    const messages = failedStep === null ? [] : ((await journeys.find(id))?.messages ?? []);
    const found = messages.find(({ refusal }) => refusal?.error === error);
    if (found)
      return { label: `Journey, step ${found.number}`, href: `${page('journeys', id)}?step=${found.number}` };
  }
  return undefined;
}

/** Whose ids are known. `error`: the newest refusal with the id of an error. */
export const idKindNames = [
  'message',
  'journey',
  'application',
  'person',
  'card',
  'session',
  'refusal',
  'request',
] as const;

interface IdKind {
  readonly name: (typeof idKindNames)[number];
  /** Roles that may read it, besides administrators. */
  readonly roles: AdmittedRoles;
  readonly form: RegExp;
  find(id: string, console: ConsoleContext): Promise<Link | undefined>;
}

const any = /^[\x21-\x7e]{1,200}$/;
const digits = /^\d{12}$/;
const page = (folder: string, id: string): string => `/${folder}/${encodeURIComponent(id)}`;

/** In the order in which they are tried. */
const idKinds: readonly IdKind[] = [
  {
    name: 'message',
    roles: ['support', 'read'],
    form: any,
    find: (id, console) => stepLink(console, id),
  },
  {
    name: 'journey',
    roles: ['support', 'read'],
    form: any,
    async find(id, { journeys }) {
      return (await journeys.find(id)) && { label: 'Journey', href: page('journeys', id) };
    },
  },
  {
    name: 'application',
    roles: ['support'],
    form: any,
    async find(id, { applications }) {
      const found =
        (await applications.get(id)) ??
        (await applications.byPlatformClient(id)) ??
        (await applications.byCis2Client(id));
      return found && linkTo(found);
    },
  },
  {
    name: 'person',
    roles: ['registration-authority', 'support'],
    form: digits,
    async find(id, { cis }) {
      // A list has no refusal that would record the id.
      const answer = await orNull(cis.read<PeopleAnswer>(paths.people, { q: id }));
      const found = answer?.people.find(({ uid }) => uid === id);
      return found && { label: `${found.displayName}, ${id}`, href: page('people', id) };
    },
  },
  {
    name: 'card',
    roles: ['registration-authority', 'support'],
    form: /^[A-Za-z0-9-]{4,40}$/,
    async find(id, { cis }) {
      const answer = await orNull(cis.read<CardsAnswer>(paths.cards, { q: id }));
      return answer?.cards.some(({ serial }) => serial === id)
        ? { label: `Card ${id}`, href: page('cards', id) }
        : undefined;
    },
  },
  {
    name: 'session',
    roles: ['support'],
    form: any,
    async find(id, { cis2 }) {
      const answer = await orNull(cis2.read<SessionsAnswer>(consolePaths.sessions));
      const session = answer?.sessions.find(({ sid, cisSessionId }) => sid === id || cisSessionId === id);
      return session && { label: `Session of ${session.uid}`, href: '/sessions' };
    },
  },
  {
    name: 'refusal',
    roles: ['support'],
    form: /^[a-z][\w-]*\.[a-z]\w*$/i,
    async find(id, console) {
      const [found] = await console.refusals.newest(({ error }) => error === id, 1);
      return found ? stepLink(console, found.messageId) : actRefused(id, console);
    },
  },
  {
    name: 'request',
    roles: ['support'],
    // Journeys are also found by names and words.
    form: /^(?=.*\d)[\w.:-]{20,200}$/,
    async find(id, { journeys }) {
      const [found] = (await journeys.list({ q: id })).journeys;
      return found && { label: 'Journey', href: page('journeys', found.id) };
    },
  },
];

/** Returns the page of an id, if the caller may see it. */
export async function pageOf(
  id: string,
  console: ConsoleContext,
): Promise<(Link & Pick<IdKind, 'name'>) | undefined> {
  for (const { name, roles, form, find } of idKinds) {
    const found = form.test(id) && hasRole(currentCaller(), { roles }) ? await find(id, console) : undefined;
    if (found) return { ...found, name };
  }
  return undefined;
}

async function explain(id: string, console: ConsoleContext): Promise<Finding> {
  const refusal = await console.refusals.find(id);
  if (refusal) return refusalFinding(refusal, console);
  const checks = [
    unchecked(
      'refusal',
      'unknown',
      'No refusal of the last seven days has this message, request or correlation id.',
      id,
    ),
  ];
  for (const { name, form, find } of idKinds) {
    const link = form.test(id) ? await find(id, console) : undefined;
    if (link)
      return {
        summary: `This is the id of ${link.label}.`,
        banner: null,
        checks: [checked(name, true, { received: id, expected: 'an id of this kind', why: link.label })],
        links: [link],
      };
    checks.push(
      form.test(id)
        ? unchecked(name, 'unknown', 'None has this id.', id)
        : unchecked(name, 'not applicable', 'Its ids have another form.', id),
    );
  }
  return { summary: 'Nothing in this installation has this id.', banner: null, checks, links: [] };
}

/** Any id: of a message, request, journey, session, application, person or card, or of an error, for its newest refusal. */
export const anyId: ExplainKind = {
  id: 'id',
  label: 'an id',
  async fits({ text, json, url, form, isJwtLike }, console) {
    if (json || url || form || isJwtLike || !any.test(text)) return undefined;
    return (await console.refusals.find(text)) || (await pageOf(text, console)) ? 'certain' : 'possible';
  },
  explain: ({ text }, console) => explain(text, console),
};
