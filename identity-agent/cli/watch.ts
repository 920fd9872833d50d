import { methods, notifications } from '../protocol.ts';
import { AgentConnection } from '../socket/client.ts';
import type { Command } from './command.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'prints each event of card and session as a JSON line, until it is stopped',
  async run({ socket, terminal }) {
    const agent = await AgentConnection.open(socket, (event, params) =>
      terminal.out(`${JSON.stringify({ event, ...(params as object) })}\n`),
    );
    const ended = new Promise<number>((resolve) => agent.onClose(() => resolve(0)));
    // Windows sends events only to clients that have made a call.
    await agent.call(methods.subscribe, { events: [...notifications] });
    return ended;
  },
};
