import { readFlags } from '@alongside/kernel/config';
import { OperatorError } from '@alongside/kernel/operator';
import { type Command, noMore, word } from '../command.ts';
import { InstanceApi, instanceFlags, sentence } from '../instance.ts';

interface Reason {
  messageId: string;
  at: string;
  service: string;
  error: string;
  detail: string;
  path: string;
}

export const explain: Command = {
  name: 'explain',
  summary: 'say why a request was refused',
  help: [
    'alongside explain MESSAGE_ID    the reason behind the message_id of an error: what was expected and what came',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(instanceFlags, argv);
    const id = word(words, 0, 'the message_id of the error');
    noMore(words, 1);
    const answer = await new InstanceApi(flags).call('GET', `/refusals/${encodeURIComponent(id)}`);
    if (answer.status !== 200) throw new OperatorError(sentence(answer));
    const reason = answer.body as unknown as Reason;
    if (flags.json) out.json(reason);
    else {
      out.line(`${reason.error} at ${reason.path}, ${reason.at}`);
      out.line(reason.detail);
    }
    return 0;
  },
};
