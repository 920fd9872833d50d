import type { Journey, JourneyReader, Message } from '../../journeys/model.ts';
import type { AuditRecord } from '../../storage/audit.ts';
import { errors } from '../model/errors.ts';

/** Ids are shorter. A longer one is not searched for. */
const maxIdLength = 200;

/** Returns a stored journey. Throws `unknown_journey`. */
export async function findJourney(journeys: JourneyReader, id: string): Promise<Journey> {
  const found = id.length <= maxIdLength ? await journeys.find(id) : undefined;
  if (!found) throw errors.journeyUnknown(`no journey ${id.slice(0, 64)}`);
  return found;
}

/** Returns a stored message. Throws `unknown_message`. */
export async function findMessage(journeys: JourneyReader, id: string): Promise<Message> {
  const found = id.length <= maxIdLength ? await journeys.message(id) : undefined;
  if (!found) throw errors.messageUnknown(`no message ${id.slice(0, 64)}`);
  return found;
}

/** Returns the journey of a record: that of the request that it names, or of its session. */
export async function journeyOfRecord(
  journeys: JourneyReader,
  { detail, session, family, requestId }: AuditRecord,
): Promise<string | null> {
  const { messageId } = detail;
  for (const q of [typeof messageId === 'string' ? messageId : undefined, family, requestId, session]) {
    const found = q === undefined ? undefined : (await journeys.list({ q })).journeys[0];
    if (found) return found.id;
  }
  return null;
}
