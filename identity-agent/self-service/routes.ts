import { type Answer, json, redirect } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Endpoint, ErrorFormat, HttpRequest, Route } from '@alongside/kernel/request';
import { route } from '@alongside/kernel/route';
import { steps } from '@alongside/kernel/steps';
import { readForm } from '../handoff/form.ts';
import type { Guards } from '../handoff/guard.ts';
import type { Agent } from '../session/agent.ts';
import type { Errand, Errands } from './errands.ts';
import { type CardPage, cardPage, cardStep, pagePath } from './pages/page.ts';
import { cardPages } from './pages/registry.ts';

export interface SelfServiceParts {
  agent: Agent;
  guards: Guards;
  errands: Errands;
  clock: Clock;
  development: boolean;
  errors: ErrorFormat;
}

interface Start {
  request: HttpRequest;
}
interface PageRequest {
  request: HttpRequest<{ id: string }>;
}
interface ErrandRequest extends PageRequest {
  errand: Errand;
}

/** Path of the page that asks for PIN and role outside a browser sign-in. */
export const signInPath = '/sign-in';

/** The pages on which users manage their card: with a one-time path, and forms that only these pages can submit. */
export function selfServiceRoutes(parts: SelfServiceParts): Route[] {
  const { agent, guards, errands, clock, development, errors } = parts;

  function findErrand({ request }: PageRequest): { errand: Errand } {
    return { errand: errands.find(request.params.id) };
  }

  const beginning = (at: CardPage['id']) =>
    steps<Start>()
      .step(guards.checkNavigation)
      .step(guards.checkPeerUser)
      .step(function openErrand(): Answer {
        return redirect(pagePath(errands.open(), at));
      });
  const [looksAfterCard, signsIn] = [beginning('overview'), beginning('sign-in')];

  function routesOf(page: CardPage): Route[] {
    const noteSeen = ({ errand }: ErrandRequest): void => {
      if (page.id === 'sign-in') errand.askedAt = clock.now();
    };
    const seeing = steps<PageRequest>()
      .step(guards.checkNavigation)
      .step(guards.checkPeerUser)
      .step(findErrand)
      .step(noteSeen)
      .step(function showPage({ errand }: ErrandRequest): Answer {
        return cardPage(page, errand, agent, { development });
      });
    const looking = steps<PageRequest>()
      .step(guards.checkOwnScript)
      .step(guards.checkPeerUser)
      .step(findErrand)
      .step(noteSeen)
      .step(function returnStep(): Answer {
        return json(200, { step: cardStep(page, agent.status(), agent.card?.insertion ?? '') });
      });
    const posting = steps<PageRequest>()
      .step(guards.checkOwnForm)
      .step(guards.checkPeerUser)
      .step(findErrand)
      .step(noteSeen)
      .step(async function act({ request, errand }: ErrandRequest): Promise<Answer> {
        const { card, ...fields } = readForm(request, { card: /^[A-Za-z0-9_-]{0,64}$/, ...page.fields });
        // Another card does not use an attempt.
        errand.said =
          card === agent.card?.insertion
            ? await page.act?.(agent, fields)
            : { well: false, sentence: 'Another card is in the reader now. Nothing was done.' };
        const next = errand.said?.well ? (page.next ?? 'overview') : page.id;
        return redirect(pagePath(errand, next), 303);
      });
    const path = page.id === 'overview' ? '/card/:id' : (`/card/:id/${page.id}` as const);
    const act: Endpoint<{ id: string }> = (request) => posting.run({ request });
    return route(path, {
      GET: {
        endpoint: (request) => (request.query === 'state' ? looking : seeing).run({ request }),
        errors,
      },
      ...(page.act ? { POST: { endpoint: act, errors } } : {}),
    });
  }

  return [
    ...route('/card', { GET: { endpoint: (request) => looksAfterCard.run({ request }), errors } }),
    ...route(signInPath, { GET: { endpoint: (request) => signsIn.run({ request }), errors } }),
    ...cardPages.flatMap(routesOf),
  ];
}
