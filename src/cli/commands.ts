import type { Command } from './command.ts';
import { admin } from './commands/admin.ts';
import { agent } from './commands/agent.ts';
import { app } from './commands/app.ts';
import { audit } from './commands/audit.ts';
import { authenticator } from './commands/authenticator.ts';
import { card } from './commands/card.ts';
import { check } from './commands/check.ts';
import { citizen } from './commands/citizen.ts';
import { completion } from './commands/completion.ts';
import { config } from './commands/config.ts';
import { developer } from './commands/developer.ts';
import { directory } from './commands/directory.ts';
import { doctor } from './commands/doctor.ts';
import { exec } from './commands/exec.ts';
import { explain } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { fault } from './commands/fault.ts';
import { importCommand } from './commands/import.ts';
import { keys } from './commands/keys.ts';
import { mail } from './commands/mail.ts';
import { person } from './commands/person.ts';
import { product } from './commands/product.ts';
import { registrationAuthority } from './commands/registration-authority.ts';
import { reset } from './commands/reset.ts';
import { serve } from './commands/serve.ts';
import { session } from './commands/session.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';
import { validate } from './commands/validate.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  up,
  serve,
  exec,
  admin,
  status,
  card,
  agent,
  person,
  citizen,
  authenticator,
  registrationAuthority,
  mail,
  directory,
  session,
  app,
  product,
  developer,
  keys,
  audit,
  fault,
  exportCommand,
  importCommand,
  reset,
  doctor,
  config,
  check,
  explain,
  validate,
  completion,
];

const names = commands.map((command) => command.name);
if (new Set(names).size !== names.length) throw new Error('Two commands have the same name.');
