import { createServer } from 'node:net';
import { type Owner, portOwner } from '@alongside/kernel/port-owner';
import { type Check, type Finding, ok, wrong } from './check.ts';

const inWords = ({ name, pid }: Owner): string => (pid === undefined ? name : `${name} (process ${pid})`);

/** Returns what prevents listening on a port; undefined if nothing does. */
const obstacle = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });

async function judgeFree(port: number): Promise<Finding> {
  const code = await obstacle(port);
  if (code === undefined) return ok(`Port ${port} is free for the agent.`);
  if (code === 'EACCES')
    return wrong(`Port ${port} needs rights that this user lacks.`, 'Choose another "agentPort".');
  const owner = portOwner(port);
  return wrong(
    `Port ${port} is used by ${owner ? inWords(owner) : 'another program'}, so the agent cannot start.`,
    'Stop that program, or choose another "agentPort" here and at CIS2.',
  );
}

export const port: Check = {
  name: 'port',
  async run({ agent, url, port: asked }) {
    const number = Number(new URL(url).port || 80);
    if (!agent) return [await judgeFree(number)];
    const { answer, problem } = asked;
    if (answer?.status === 200) return [ok(`The agent answers at ${url}.`)];
    const owner = portOwner(number);
    return [
      wrong(
        `The agent does not answer at ${url}: ${answer ? `status ${answer.status}` : problem}${owner ? `; there is ${inWords(owner)}` : ''}.`,
        'Another program has its port: stop that one, and start the agent again.',
      ),
    ];
  },
};
