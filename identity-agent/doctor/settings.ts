import { existsSync } from 'node:fs';
import { settingFiles } from '../settings/places.ts';
import { addressProblem } from '../settings/settings.ts';
import { type Check, ok, remark, wrong } from './check.ts';

export const settings: Check = {
  name: 'settings',
  run({ settings: loaded, settingsProblem, agent }) {
    const { policy, user } = settingFiles();
    if (!loaded)
      return [
        wrong(settingsProblem, 'Put it right: an agent does not start while one of its files is wrong.'),
      ];
    const found = [
      existsSync(policy)
        ? ok(`The policy of this machine, ${policy}, is in force.`)
        : ok('No policy is in force.'),
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
