import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { admit, type ServiceSecrets } from '../callers.ts';
import { type Call, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { invalidField } from '../json-body.ts';
import type { OutboxAnswer } from '../protocol.ts';
import type { Mails } from './mails.ts';

interface OutboxDependencies {
  mails: Mails;
  serviceSecrets: ServiceSecrets;
  development: boolean;
}

type OutboxCall = Call<OutboxDependencies>;

const most = 200;

const allowDevelopment = check('development', function allowDevelopment({ cis }: OutboxCall): void {
  if (!cis.development) throw errors.outboxOff('this installation is not in development');
});

function readLimit({ request }: { request: HttpRequest }): { limit: number } {
  const limit = Number(new URLSearchParams(request.query).get('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw invalidField('limit', `must be 1 to ${most}`);
  return { limit };
}

const answerMails = async ({
  cis,
  limit,
}: OutboxCall & Passed<'caller' | 'development'> & { limit: number }) =>
  json(200, { mails: await cis.mails.list(limit) } satisfies OutboxAnswer);

const list = steps<OutboxCall>('cis.read-outbox')
  .step(admit('console'))
  .step(allowDevelopment)
  .step(readLimit)
  .step(answerMails);

/** `GET /mail/outbox`: the mails of CIS, for developers without a mailbox. */
export const outboxRoutes = (cis: OutboxDependencies): Route[] =>
  route('/mail/outbox', { GET: handler(list, cis) });
