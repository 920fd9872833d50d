import { json } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type ServiceSecrets } from '../callers.ts';
import type { Directory } from '../directory/directory.ts';
import { type Call, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { PersonMail, PersonMailAnswer } from '../protocol.ts';
import type { Mails } from './mails.ts';

interface PersonMailDependencies {
  serviceSecrets: ServiceSecrets;
  directory: Directory;
  mails: Mails;
}

type PersonMailCall = Call<PersonMailDependencies> & { uid: string };

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

const list = steps<PersonMailCall>('cis.mail-person').step(admit('cis2')).step(readMail).step(postMail);

/** `POST /directory/people/{uid}/mail`: mails a person for CIS2, which does not know the address. */
export const personMailRoutes = (cis: PersonMailDependencies): Route[] =>
  route('/directory/people/:uid/mail', { POST: handler(list, cis) });
