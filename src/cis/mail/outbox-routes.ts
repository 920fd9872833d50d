import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Admit } from '../callers.ts';
import { errors } from '../errors.ts';
import type { OutboxAnswer } from '../protocol.ts';
import type { Mails } from './mails.ts';

export interface OutboxDeps {
  mails: Mails;
  admit: Admit;
  development: boolean;
}

interface Start {
  request: HttpRequest;
}

const most = 200;

/** `GET /mail/outbox`: what a developer reads in place of a mailbox. */
export function outboxRoutes({ mails, admit, development }: OutboxDeps): Route[] {
  function allowDevelopment(): void {
    if (!development) throw errors.outboxOff('this is no development instance');
  }

  function readLimit({ request }: Start): { limit: number } {
    const limit = Number(new URLSearchParams(request.query).get('limit') ?? 50);
    if (!Number.isInteger(limit) || limit < 1 || limit > most)
      throw errors.bodyInvalid('limit', { field: 'limit', problem: `must be 1 to ${most}` });
    return { limit };
  }

  const answerMails = async ({ limit }: { limit: number }) =>
    json(200, { mails: await mails.list(limit) } satisfies OutboxAnswer);

  const list = steps<Start>().step(admit('console')).step(allowDevelopment).step(readLimit).step(answerMails);
  return [{ methods: ['GET'], path: '/mail/outbox', endpoint: (request) => list.run({ request }) }];
}
