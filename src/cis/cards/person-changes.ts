import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Statement } from '../../storage/database.ts';
import { madeStatements } from '../directory/officer-makers.ts';
import type { Mails } from '../mail/mails.ts';
import { administratorHeader, type Person } from '../protocol.ts';
import { type PositionCodes, positionGrantsOf } from './positions.ts';

interface ChangeServices {
  mails: Mails;
  clock: Clock;
  positions: PositionCodes;
}

const times = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/London',
});

/** Mails the former address, because the owner no longer receives mail at the new one if someone else chose it. */
function noticeStatements({ mails, clock }: ChangeServices, before: Person, after: Person): Statement[] {
  if (before.email === '' || before.email === after.email) return [];
  const time = times.format(clock.now());
  return [
    mails.postStatement({
      to: before.email,
      subject: 'The e-mail address of your care identity was changed',
      text: `The e-mail address of your care identity was ${after.email === '' ? 'removed' : 'changed'} on ${time}. This is the last mail to the former address.

If you expected this, you do not need to do anything.

If you did not expect it, contact your registration authority immediately. Someone else may be using your care identity.
`,
    }),
  ];
}

/** Returns the writes that a new or changed person requires: a notice of a changed address, and who gave a position. */
export function personChangeStatements(
  cis: ChangeServices,
  request: Pick<HttpRequest, 'headers'>,
  before: Person | undefined,
  after: Person,
): Statement[] {
  const administrator = request.headers[administratorHeader];
  return [
    ...(before ? noticeStatements(cis, before, after) : []),
    ...madeStatements(
      after.uid,
      positionGrantsOf(before, cis.positions),
      positionGrantsOf(after, cis.positions),
      typeof administrator === 'string' ? administrator : undefined,
    ),
  ];
}
