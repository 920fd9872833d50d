import { type Check, ok, wrong } from './check.ts';

export const service: Check = {
  name: 'service',
  run({ agent, socket, silence }) {
    if (agent)
      return [ok(`The agent runs: version ${agent.status.version}, ${agent.status.state}, at ${socket}.`)];
    return [
      wrong(
        `The agent does not run for this user: ${silence}`,
        'Start it: systemctl --user start identity-agent, or "identity-agent run". Each user has a separate agent.',
      ),
    ];
  },
};
