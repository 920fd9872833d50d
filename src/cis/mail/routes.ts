import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { route, withSecrets } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Directory } from '../directory/directory.ts';
import { admit, type Call, handler, type ServiceSecrets } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { OutboxAnswer, OutboxMail, PersonMail, PersonMailAnswer } from '../protocol.ts';
import { invalidField, readBody } from '../shapes.ts';
import type { Mails } from './mails.ts';

interface MailServices {
  serviceSecrets: ServiceSecrets;
  directory: Directory;
  mails: Mails;
  development: boolean;
}

type PersonMailCall = Call<MailServices> & { uid: string };

const shape = z.strictObject({
  id: z.string().regex(/^[\w-]{16,64}$/, 'must be 16 to 64 characters'),
  subject: z
    .string()
    .min(1)
    .max(200)
    .regex(/^\P{Cc}+$/u, 'must be one line'),
  text: z.string().min(1).max(10_000),
});

const readMail = ({ request }: PersonMailCall): { mail: PersonMail } => ({ mail: readBody(request, shape) });

async function postMail({
  cis: { directory, mails },
  uid,
  mail: { id, subject, text },
}: PersonMailCall & Passed<'caller'> & { mail: PersonMail }) {
  const found = await directory.find(uid);
  if (!found) throw errors.personMissing('no person has this uid');
  const { email: to } = found.person;
  if (to !== '') {
    await mails.post({ to, subject, text }, id);
    // The response does not wait for the mail server.
    mails.begin();
  }
  return json(200, { mailed: to !== '' } satisfies PersonMailAnswer);
}

const personMailSteps = steps<PersonMailCall>('cis.mail-person')
  .step(admit('cis2'))
  .step(readMail)
  .step(postMail);

/** `POST /directory/people/{uid}/mail`: mails a person for CIS2, which does not know the address. */
export const personMailRoutes = (cis: MailServices): Route[] =>
  withSecrets('bodies', route('/directory/people/:uid/mail', { POST: handler(personMailSteps, cis) }));

type OutboxCall = Call<MailServices>;

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

const outboxSteps = steps<OutboxCall>('cis.read-outbox')
  .step(admit('console'))
  .step(allowDevelopment)
  .step(readLimit)
  .step(answerMails);

async function answerMail({ cis, id }: OutboxCall & Passed<'caller' | 'development'> & { id: string }) {
  const mail = await cis.mails.find(id);
  if (!mail) throw errors.mailMissing(`no mail ${id.slice(0, 40)}`);
  return json(200, mail satisfies OutboxMail);
}

const mailSteps = steps<OutboxCall & { id: string }>('cis.read-mail')
  .step(admit('console'))
  .step(allowDevelopment)
  .step(answerMail);

/** `GET /mail/outbox`: the mails of CIS, for developers without a mailbox. */
export const outboxRoutes = (cis: MailServices): Route[] => [
  ...withSecrets('bodies', [
    ...route('/mail/outbox', { GET: handler(outboxSteps, cis) }),
    ...route('/mail/outbox/:id', { GET: handler(mailSteps, cis) }),
  ]),
];
