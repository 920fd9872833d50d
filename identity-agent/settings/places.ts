import { join } from 'node:path';
import { environment } from '@alongside/kernel/operator';

/** The settings files. */
export interface SettingFiles {
  /** The machine's binding policy, which overrides everything. */
  policy: string;
  /** Of the user. */
  user: string;
  /** The machine's recommended defaults, which everything else overrides. */
  defaults: string;
}

/**
 * Returns the paths of the files. No flag or variable of the agent changes them: users must not be able to move a policy. (The
 * user's own folders follow the system's variables.)
 */
export function settingFiles(platform: NodeJS.Platform = process.platform): SettingFiles {
  const { HOME: home = '.', XDG_CONFIG_HOME: xdg, APPDATA: roaming } = environment();
  const machine: Partial<Record<NodeJS.Platform, string>> = {
    win32: 'C:\\ProgramData\\Alongside\\identity-agent',
    darwin: '/Library/Application Support/Alongside/identity-agent',
  };
  const own: Partial<Record<NodeJS.Platform, string>> = {
    win32: join(roaming ?? home, 'Alongside'),
    darwin: join(home, 'Library', 'Application Support', 'Alongside'),
  };
  const ofMachine = machine[platform] ?? '/etc/alongside/identity-agent';
  return {
    policy: join(ofMachine, 'policy.json'),
    user: join(own[platform] ?? join(xdg ?? join(home, '.config'), 'alongside'), 'identity-agent.json'),
    defaults: join(ofMachine, 'defaults.json'),
  };
}
