import { relativeTime } from '@alongside/kernel/clock';
import { readFlags } from '@alongside/kernel/config';
import type { Actor } from '@alongside/kernel/errors';
import type { FoundRefusal } from '../../storage/refusals.ts';
import { type Command, noMore, word } from '../command.ts';
import { InstanceApi, instanceFlags, RefusedCall } from '../instance.ts';
import { columns } from '../output.ts';

const actors: Readonly<Record<Actor, string>> = {
  user: 'the user',
  developer: 'the developer of the application',
  operator: 'the operator of this instance',
  agent: 'the Identity Agent on the workstation',
};

function linesOf(refusal: FoundRefusal & { ageSeconds: number }): string[] {
  const { error, status, code, description, detail, fix, actor, source, method, path } = refusal;
  const { messageId, earlier, ageSeconds } = refusal;
  const rows: [string, string][] = [
    ['Answer', `${status} ${code}: ${description}`],
    ['Reason', detail],
    ['Fix', fix],
    ['Who acts', actors[actor]],
    ['Source', source],
    ['Message id', messageId],
    ['Earlier', earlier.join(', ')],
  ];
  return [
    `${error} at ${`${method} ${path}`.trim()}, ${relativeTime(-ageSeconds)}`,
    ...columns(rows.filter(([, value]) => value !== '')),
  ];
}

export const explain: Command = {
  name: 'explain',
  summary: 'show why a request was refused',
  help: [
    'alongside explain ID    expected and received values, the fix, who must act, the source',
    '                        ID is the X-Message-Id of the answer, its message_id, the reference on an error page,',
    '                        or the X-Request-ID or X-Correlation-ID of the request',
  ],
  async run({ argv, out }) {
    const { flags, words } = readFlags(instanceFlags, argv);
    const id = word(words, 0, 'the message_id of the error, or the X-Request-ID or X-Correlation-ID');
    noMore(words, 1);
    const answer = await new InstanceApi(flags).call('GET', `/refusals/${encodeURIComponent(id)}`);
    if (answer.status !== 200) throw new RefusedCall(answer);
    const refusal = answer.body as unknown as FoundRefusal & { ageSeconds: number };
    if (flags.json) out.json(refusal);
    else for (const line of linesOf(refusal)) out.line(line);
    return 0;
  },
};
