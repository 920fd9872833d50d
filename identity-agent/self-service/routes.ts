import { type Answer, json, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { ErrorFormat, HttpRequest, Route } from '@alongside/kernel/request';
import { type Handler, route, withSecrets } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { readForm } from '../handoff/form.ts';
import {
  checkNavigation,
  checkOwnForm,
  checkOwnScript,
  checkPeerUser,
  type GuardedRequest,
  type GuardSettings,
} from '../handoff/guard.ts';
import type { Agent } from '../session/agent.ts';
import type { CardVisit, CardVisits } from './card-visits.ts';
import { type CardPage, cardPage, cardStep, pagePath } from './pages/page.ts';
import { cardPages } from './pages/registry.ts';

/** The parts of the agent that the card pages use. */
export interface SelfServiceDesk {
  agent: Agent;
  cardVisits: CardVisits;
  clock: Clock;
  development: boolean;
}

interface FirstCall extends GuardedRequest {
  desk: SelfServiceDesk;
  /** The page to begin with. */
  first: CardPage['id'];
}
interface PageCall extends GuardedRequest {
  request: HttpRequest<{ id: string }>;
  desk: SelfServiceDesk;
  page: CardPage;
}
interface CardVisitCall extends PageCall {
  visit: CardVisit;
}

/** Path of the page that asks for PIN and role outside a browser sign-in. */
export const signInPath = '/sign-in';

const openCardVisit = ({ desk, first }: FirstCall & Passed<'navigation' | 'peer-user'>): Answer =>
  redirect(pagePath(desk.cardVisits.open(), first));

const findCardVisit = ({ request, desk }: PageCall & Passed<'peer-user'>): { visit: CardVisit } => ({
  visit: desk.cardVisits.find(request.params.id),
});

function recordPrompt({ visit, page, desk }: CardVisitCall): void {
  if (page.id === 'sign-in') visit.askedAt = desk.clock.now();
}

const showPage = ({ visit, page, desk }: CardVisitCall & Passed<'navigation'>): Answer =>
  cardPage(page, visit, desk.agent, { development: desk.development });

const returnStep = ({ page, desk: { agent } }: CardVisitCall & Passed<'own-script'>): Answer =>
  json(200, { step: cardStep(page, agent.signInStatus(), agent.card?.insertion ?? '') });

async function act({
  request,
  visit,
  page,
  desk: { agent },
}: CardVisitCall & Passed<'own-form'>): Promise<Answer> {
  const { card, ...fields } = readForm(request, { card: /^[A-Za-z0-9_-]{0,64}$/, ...page.fields });
  // Another card does not use an attempt.
  visit.result =
    card === agent.card?.insertion
      ? await page.act?.(agent, fields)
      : { well: false, sentence: 'Another card is in the reader now. Nothing was done.' };
  const next = visit.result?.well ? (page.next ?? 'overview') : page.id;
  const answer = redirect(pagePath(visit, next), 303);
  return visit.result?.refusal ? answer.refusing(visit.result.refusal) : answer;
}

const beginning = steps<FirstCall>('identity-agent.card')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(openCardVisit);
const show = steps<PageCall>('identity-agent.card-page')
  .step(checkNavigation)
  .step(checkPeerUser)
  .step(findCardVisit)
  .step(recordPrompt)
  .step(showPage);
const state = steps<PageCall>('identity-agent.card-state')
  .step(checkOwnScript)
  .step(checkPeerUser)
  .step(findCardVisit)
  .step(recordPrompt)
  .step(returnStep);
const form = steps<PageCall>('identity-agent.card-form')
  .step(checkOwnForm)
  .step(checkPeerUser)
  .step(findCardVisit)
  .step(recordPrompt)
  .step(act);

/** The pages on which users manage their card: with a one-time path, and forms that only these pages can submit. */
export function selfServiceRoutes(desk: SelfServiceDesk, guard: GuardSettings, errors: ErrorFormat): Route[] {
  const begin = (first: CardPage['id']): Handler<unknown> => ({
    endpoint: (request) => beginning.run({ request, guard, desk, first }),
    errors,
  });
  const routesOf = (page: CardPage): Route[] =>
    route(page.id === 'overview' ? '/card/:id' : `/card/:id/${page.id}`, {
      GET: {
        endpoint: (request) => (request.query === 'state' ? state : show).run({ request, guard, desk, page }),
        errors,
      },
      ...(page.act && {
        POST: {
          endpoint: (request: HttpRequest<{ id: string }>) => form.run({ request, guard, desk, page }),
          errors,
        },
      }),
    });
  return [
    ...route('/card', { GET: begin('overview') }),
    ...route(signInPath, { GET: begin('sign-in') }),
    ...withSecrets('bodies', cardPages.flatMap(routesOf)),
  ];
}
