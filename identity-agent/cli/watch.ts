import { AgentConnection } from '../socket/client.ts';
import type { Command } from './command.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'prints each event of card and session as a JSON line, until it is stopped',
  run: ({ socket, terminal }) =>
    new Promise((resolve, reject) => {
      AgentConnection.open(socket, (event, params) =>
        terminal.out(`${JSON.stringify({ event, ...(params as object) })}\n`),
      ).then((agent) => agent.onClose(() => resolve(0)), reject);
    }),
};
