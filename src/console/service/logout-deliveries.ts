import { type Answer, json } from '@alongside/kernel/answer';
import { paths as platformPaths } from '../../authorisation/protocol.ts';
import { consolePaths, type DeliveriesAnswer, type DeliveryAnswer } from '../../cis2/protocol.ts';
import type { ConsoleContext } from '../model/dependencies.ts';
import { relayed } from '../model/neighbour.ts';

type Neighbours = Pick<ConsoleContext, 'cis2' | 'platform'>;

const most = 200;
/** The same in both services. */
const unknown = 404;

/** Lists the logout messages of CIS2 and of the API platform, newest first. */
export async function readLogoutDeliveries(
  { cis2, platform }: Neighbours,
  query: { since?: string | undefined } = {},
): Promise<DeliveryAnswer[]> {
  const both = await Promise.all([
    cis2.read<DeliveriesAnswer>(consolePaths.deliveries, query),
    platform.exists ? platform.read<DeliveriesAnswer>(platformPaths.deliveries, query) : { deliveries: [] },
  ]);
  return both
    .flatMap(({ deliveries }) => deliveries)
    .sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1))
    .slice(0, most);
}

/** Sends a message of either service again. */
export async function sendLogoutAgain({ cis2, platform }: Neighbours, id: string): Promise<Answer> {
  const first = await cis2.call({ method: 'POST', path: consolePaths.sendDelivery(id) });
  return first.status === unknown && platform.exists
    ? platform.relay({ method: 'POST', path: platformPaths.sendDelivery(id) })
    : relayed(first);
}

/** Returns the list as the response of the API. */
export const answerLogoutDeliveries = async (
  neighbours: Neighbours,
  query: { since?: string | undefined },
): Promise<Answer> => json(200, { deliveries: await readLogoutDeliveries(neighbours, query) });
