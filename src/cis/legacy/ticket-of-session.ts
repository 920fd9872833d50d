import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { LegacyTicketAnswer } from '../protocol.ts';
import type { AgentCalls } from '../sessions/agent-calls.ts';
import type { Session } from '../sessions/session.ts';
import type { Tickets } from './tickets.ts';

/** `POST /sessions/{id}/legacy-ticket`: a desktop application at a desk of today that knows only the legacy interface. */
export function ticketOfSessionRoutes(calls: AgentCalls, tickets: Tickets): Route[] {
  const answerTicket = async ({ session }: { session: Session }) =>
    json(201, { ticket: await tickets.make(session.id) } satisfies LegacyTicketAnswer);

  const list = steps<{ request: HttpRequest }>()
    .step(calls.findSession)
    .step(calls.checkSessionProof)
    .step(calls.requireLive)
    .step(answerTicket);
  return [
    { methods: ['POST'], path: '/sessions/:id/legacy-ticket', endpoint: (request) => list.run({ request }) },
  ];
}
