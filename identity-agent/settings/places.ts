import { join } from 'node:path';
import { environment } from '@alongside/kernel/operator';

/** The files that settings may stand in. */
export interface SettingFiles {
  /** Of the machine, binding: it prevails over everything. */
  policy: string;
  /** Of the user. */
  user: string;
  /** Of the machine, recommended: it stands for what nobody else says. */
  defaults: string;
}

/**
 * Where the files are. No flag and no variable of the agent moves them: a policy that its user can move is none. (The
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
