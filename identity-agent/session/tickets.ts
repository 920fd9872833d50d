import type { Desk } from './desk.ts';
import type { LiveSession } from './live-session.ts';

/**
 * What desktop applications hold of a session: a value that means nothing elsewhere, or, where that is switched on, the
 * ticket of CIS's legacy interface, fetched once and kept for the session. @throws CisRefusal, ServerCallError
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
