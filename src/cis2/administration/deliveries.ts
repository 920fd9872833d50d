import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { consolePaths, type DeliveriesAnswer, type DeliveryAnswer } from '../protocol.ts';
import type { Deliveries } from '../sessions/deliveries.ts';
import type { Delivery } from '../sessions/delivery-store.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface Parts {
  consoleSecret: string;
  deliveries: Deliveries;
}

interface Start {
  request: HttpRequest;
}

const most = 200;
const iso = (time: number): string => new Date(time).toISOString();

const shown = (delivery: Delivery): DeliveryAnswer => {
  const { id, sid, uid, clientId, address, cause, state, attempts, result } = delivery;
  return {
    id,
    sid,
    uid,
    clientId,
    address,
    cause,
    state,
    attempts,
    result,
    createdAt: iso(delivery.createdAt),
    triedAt: delivery.triedAt === null ? null : iso(delivery.triedAt),
    dueAt: state === 'pending' ? iso(delivery.dueAt) : null,
  };
};

const answerDeliveries = ({ deliveries }: Parts) =>
  async function answerDeliveries({ request }: Start): Promise<Answer> {
    const since = new URLSearchParams(request.query).get('since');
    const moment = since === null ? 0 : Date.parse(since);
    if (Number.isNaN(moment)) throw administrationErrors.queryInvalid('since is no ISO time');
    const list = await deliveries.since(moment, most);
    return json(200, { deliveries: list.map(shown) } satisfies DeliveriesAnswer);
  };

const sendAgain = ({ deliveries }: Parts) =>
  async function sendAgain({ request }: Start): Promise<Answer> {
    const id = request.path.split('/')[3] ?? '';
    const delivery = await deliveries.sendAgain(id);
    if (!delivery)
      throw administrationErrors.deliveryUnknown(`no delivery is ${id.slice(0, 100)}, or it is under way`);
    return json(200, shown(delivery) satisfies DeliveryAnswer);
  };

/** `GET /cis2/deliveries` and `POST /cis2/deliveries/{id}/send`: the log of back-channel logout. */
export function deliveryRoutes(parts: Parts): Route[] {
  const known = steps<Start>().step(requireConsole(parts.consoleSecret));
  const listing = known.step(answerDeliveries(parts));
  const sending = known.step(sendAgain(parts));
  return [
    { methods: ['GET'], path: consolePaths.deliveries, endpoint: (request) => listing.run({ request }) },
    {
      methods: ['POST'],
      path: consolePaths.sendDelivery(':id').replace('%3A', ':'),
      endpoint: (request) => sending.run({ request }),
    },
  ];
}
