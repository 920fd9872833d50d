import { json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { pathPart } from '../address.ts';
import type { Admit } from '../callers.ts';
import type { Directory } from '../directory/directory.ts';
import { errors } from '../errors.ts';
import { readBody } from '../json-body.ts';
import type { Person, PersonMail, PersonMailAnswer } from '../protocol.ts';
import type { Mails } from './mails.ts';

export interface PersonMailDependencies {
  admit: Admit;
  directory: Directory;
  mails: Mails;
}

interface Start {
  request: HttpRequest;
}

const shape = z.strictObject({
  id: z.string().regex(/^[\w-]{16,64}$/, 'must be 16 to 64 characters'),
  subject: z
    .string()
    .min(1)
    .max(200)
    .regex(/^\P{Cc}+$/u, 'must be one line'),
  text: z.string().min(1).max(10_000),
});

/** `POST /directory/people/{uid}/mail`: CIS2 sends a mail to a person; CIS alone knows the address. */
export function personMailRoutes({ admit, directory, mails }: PersonMailDependencies): Route[] {
  const readMail = ({ request }: Start): { mail: PersonMail } => ({ mail: readBody(request, shape) });

  async function findPerson({ request }: Start): Promise<{ person: Person }> {
    const found = await directory.find(pathPart(request, 2));
    if (!found) throw errors.personMissing('nobody has this uid');
    return { person: found.person };
  }

  async function postMail({ mail, person }: { mail: PersonMail; person: Person }) {
    const mailed = person.email !== '';
    if (mailed) {
      await mails.post({ to: person.email, subject: mail.subject, text: mail.text }, mail.id);
      // The answer does not wait for the mail server.
      mails.begin();
    }
    return json(200, { mailed } satisfies PersonMailAnswer);
  }

  const list = steps<Start>().step(admit('cis2')).step(readMail).step(findPerson).step(postMail);
  return [
    { methods: ['POST'], path: '/directory/people/:uid/mail', endpoint: (request) => list.run({ request }) },
  ];
}
