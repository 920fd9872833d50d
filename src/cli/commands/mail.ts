import { readFlags } from '@alongside/kernel/config';
import type { OutboxAnswer } from '../../cis/protocol.ts';
import { type Command, noMore } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';

export const mail: Command = {
  name: 'mail',
  summary: 'show mail of CIS, also without a mail server; development only',
  help: ['alongside mail     the latest first: codes that unlock a card'],
  async run({ argv, out }) {
    const { flags, words } = readFlags(instanceFlags, argv);
    noMore(words, 0);
    const found = await new InstanceApi(flags).must<OutboxAnswer>('GET', '/mail');
    if (flags.json === true) out.json(found);
    else if (found.mails.length === 0) out.note('There is none.');
    else
      for (const { to, subject, text, createdAt, state } of found.mails) {
        out.line(`${createdAt}  ${state}  to ${to}`);
        out.line(`  ${subject}`);
        for (const line of text.trimEnd().split('\n')) out.line(`    ${line}`);
      }
    return 0;
  },
};
