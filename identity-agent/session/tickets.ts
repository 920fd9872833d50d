import type { Desk } from './desk.ts';
import type { LiveSession } from './live-session.ts';

/**
 * Returns a session's ticket for desktop applications: a value that is only meaningful to this agent or, if enabled, the ticket
 * of CIS's legacy interface, requested once for each session. @throws CisRefusal, ServerCallError
 */
export async function ticketOf(desk: Desk, session: LiveSession): Promise<string> {
  if (!desk.parts.legacyTickets) return session.ticket;
  const asked = session.legacyTicket ?? desk.parts.cis.legacyTicket(session.id, session.key);
  session.legacyTicket = asked;
  asked.catch(() => {
    if (session.legacyTicket === asked) session.legacyTicket = undefined;
  });
  return asked;
}
