import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { notice: says } = words;
const times = new Intl.DateTimeFormat(words.locale, {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/London',
});

/** Returns the mail about a change of a user's authenticators. `at` in milliseconds. */
export const accountNotice = (
  change: 'added' | 'renamed' | 'removed',
  label: string,
  at: number,
): { subject: string; text: string } => ({
  subject: says.subjects[change],
  text: [says.changes[change], says.ifYou, says.ifNot]
    .map((paragraph) => `${filled(paragraph, { label, time: times.format(at) })}\n`)
    .join('\n'),
});
