import type { Mail } from '../mail/outbox.ts';
import type { Person } from '../protocol.ts';
import { iso } from '../sessions/session.ts';

/** As people are spoken to; the directory's own display name has the family name first. */
const spokenTo = ({ title, givenName, familyName, displayName }: Person): string =>
  familyName === '' ? displayName : [title, givenName, familyName].filter(Boolean).join(' ');

/** The mail with the code that opens a blocked card. */
export function unlockMail(person: Person, serial: string, code: string, endsAt: number): Mail {
  return {
    to: person.email,
    subject: 'Your smartcard unlock code',
    text: [
      `Hello ${spokenTo(person)},`,
      '',
      `Your code to unlock the smartcard ending ${serial.slice(-4)} is: ${code}`,
      '',
      `It works once, until ${iso(endsAt).slice(11, 16)} UTC. Enter it where you asked for it and choose a new passcode.`,
      '',
      'If you did not ask for this, tell your Registration Authority. Never give this code to anybody.',
      '',
    ].join('\n'),
  };
}
