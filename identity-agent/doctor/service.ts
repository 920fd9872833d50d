import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { type Owner, portOwner, portRefused } from '@alongside/kernel/port-owner';
import { addressProblem, settingFiles } from '../settings/settings.ts';
import type { Check } from './check.ts';
import { type Finding, ok, remark, wrong } from './report.ts';

export const settings: Check = {
  name: 'settings',
  run({ settings: loaded, settingsProblem, agent }) {
    const { policy, user } = settingFiles();
    if (!loaded)
      return [
        wrong(settingsProblem, 'Correct it: an agent does not start while one of its files is invalid.'),
      ];
    const found = [
      existsSync(policy) ? ok(`The policy of this machine, ${policy}, applies.`) : ok('No policy applies.'),
    ];
    const missing = !loaded.settings.cis || !loaded.settings.cis2Issuer;
    // A running agent may have its settings from its command line.
    if (missing && !agent)
      found.push(
        wrong(
          'The settings have no addresses of CIS and CIS2.',
          `Set "cis" and "cis2Issuer" in ${user} or ${policy}.`,
        ),
      );
    const open = addressProblem(loaded.settings);
    if (open !== undefined) found.push(wrong(open, 'Give that server a certificate, and name it by https.'));
    if (loaded.settings.development)
      found.push(remark('"development" is on: every program of this user can use virtual cards.'));
    return found;
  },
};

/** Returns the command that starts the agent as it was installed. */
export const startCommand = (platform: NodeJS.Platform = process.platform): string =>
  platform === 'win32'
    ? `schtasks /run /tn "Alongside Identity Agent"`
    : 'systemctl --user start identity-agent';

export const service: Check = {
  name: 'service',
  run({ agent, socket, silence }) {
    if (agent)
      return [ok(`The agent runs: version ${agent.status.version}, ${agent.status.state}, at ${socket}.`)];
    return [
      wrong(
        `The agent does not run for this user: ${silence}`,
        `Start it: ${startCommand()}, or "identity-agent run". Each user has a separate agent.`,
      ),
    ];
  },
};

/** Formats the owner of a port. */
export const ownerText = ({ name, pid }: Owner): string =>
  pid === undefined ? name : `${name} (process ${pid})`;

/** Returns what prevents listening on a port; undefined if nothing does. */
export const portObstacle = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });

async function judgeFree(port: number): Promise<Finding> {
  const code = await portObstacle(port);
  if (code === undefined) return ok(`Port ${port} is free for the agent.`);
  if (code === 'EACCES') return wrong(`${portRefused(port)}.`, 'Choose another "agentPort".');
  const owner = portOwner(port);
  return wrong(
    `Port ${port} is used by ${owner ? ownerText(owner) : 'another program'}, so the agent cannot start.`,
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
        `The agent does not answer at ${url}: ${answer ? `status ${answer.status}` : problem}${owner ? `; there is ${ownerText(owner)}` : ''}.`,
        'Another program has its port: stop that one, and start the agent again.',
      ),
    ];
  },
};
