import { readFlags } from '@alongside/kernel/config';
import { type Command, noMore } from '../command.ts';
import { InstanceApi, instanceFlags } from '../instance.ts';

export const reset: Command = {
  name: 'reset',
  summary: 'reset a running instance to its seed',
  help: [
    'alongside reset    people, cards, applications and patients as on the first day; sessions, tokens and events gone',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(instanceFlags, argv);
    noMore(words, 0);
    await new InstanceApi(flags).must('POST', '/reset');
    if (flags.json) out.json({ reset: true });
    else out.line('Everything is back to the seed.');
    return 0;
  },
};
